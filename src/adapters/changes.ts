import { type TileRange, rangeHolds } from '../shared/range';
import type { TileId } from '../shared/tile';
import type { TilePlace } from '../shared/tile-place';
import type { ClientEvents } from '../page/types';
import type { BindingClient } from './binding-client';
import { tileKey } from '../screen/tile-key';

/** Above this number of changed tiles in a frame, all tiles count as changed. */
const MAX_TILES = 4096;

/** The changes in a layer since the last frame. */
export interface LayerChange {
  /** The layer's new version, if it has one. */
  version?: string;
  /** The versions that it replaced. */
  previous?: readonly string[];
  /**
   * Returns true if the binding should request the tile again. `place` is given for a tile outside of the usual grid;
   * `null` stands for an image without a place.
   */
  holds(tile: TileId, place?: TilePlace | null): boolean;
}

type Event =
  | { type: 'versionchange'; detail: ClientEvents['versionchange'] }
  | { type: 'invalidated'; detail: ClientEvents['invalidated'] }
  | { type: 'tilesupdated'; detail: ClientEvents['tilesupdated'] };

/** Merges the events of a frame into one change. */
export function mergeEvents(events: readonly Event[]): LayerChange {
  const ranges: TileRange[] = [];
  const tiles = new Set<string>();
  const partial = new Set<string>();
  const previous: string[] = [];
  let version: string | undefined;
  for (const { type, detail } of events) {
    if (type === 'tilesupdated') for (const tile of detail.tiles) tiles.add(tileKey(tile));
    if (type !== 'invalidated') continue;
    ranges.push(detail);
    // An invalidation with a version and a range confirms the rest of the layer: only the range has changed.
    if (detail.version !== undefined && (detail.bbox || detail.zooms)) partial.add(detail.version);
  }
  for (const { type, detail } of events) {
    if (type !== 'versionchange') continue;
    version = detail.version;
    if (detail.previous !== undefined) previous.push(detail.previous);
    if (!partial.has(detail.version)) ranges.push({});
  }
  if (tiles.size > MAX_TILES) ranges.push({});
  return {
    ...(version !== undefined && { version, previous }),
    holds: (tile, place = tile) =>
      tiles.has(tileKey(tile)) || ranges.some((range) => rangeHolds(range, place ?? undefined)),
  };
}

/** Calls `run` before the next frame; returns the function that cancels it. */
export type FrameScheduler = (run: () => void) => () => void;

/** The browser draws no frames of a hidden page: its changes wait, merged, until the page is visible. */
export const nextFrame: FrameScheduler = (run) => {
  const id = requestAnimationFrame(run);
  return () => cancelAnimationFrame(id);
};

/** Calls `apply` at most once a frame with the layer's changes. Returns the function that stops it. */
export function watchChanges(
  client: Pick<BindingClient, 'on'>,
  layer: string,
  apply: (change: LayerChange) => void,
  schedule: FrameScheduler = nextFrame,
): () => void {
  let events: Event[] = [];
  let cancel: (() => void) | undefined;
  const push = (event: Event) => {
    // `*` is a version for all layers, from a worker that has not seen this layer yet.
    if (event.detail.layer !== layer && event.detail.layer !== '*') return;
    events.push(event);
    // Too many events, for example after a night in the background: keep one that covers all tiles, and the last
    // version.
    if (events.length > MAX_TILES)
      events = [
        { type: 'invalidated', detail: { layer, buffer: 0, mode: 'stale' } },
        ...events.filter(({ type }) => type === 'versionchange').slice(-1),
      ];
    cancel ??= schedule(() => {
      const change = mergeEvents(events);
      events = [];
      cancel = undefined;
      apply(change);
    });
  };
  const stops = [
    client.on('versionchange', (detail) => push({ type: 'versionchange', detail })),
    client.on('invalidated', (detail) => push({ type: 'invalidated', detail })),
    client.on('tilesupdated', (detail) => push({ type: 'tilesupdated', detail })),
  ];
  return () => {
    for (const stop of stops) stop();
    cancel?.();
    cancel = undefined;
    events = [];
  };
}
