import { type TileRange, rangeHolds } from '../shared/range';
import type { TileId } from '../shared/tile';
import type { TilePlace } from '../shared/tile-place';
import type { ClientEvents } from '../page/types';
import type { BindingClient } from './binding-client';
import { tileKey } from '../screen/tile-key';

/** More changed tiles than this in one frame count as all of them. */
const MAX_TILES = 4096;

/** The changes in a layer since the last frame. */
export interface LayerChange {
  /** The layer's new version, where that is what changed. */
  version?: string;
  /** The versions that it replaced, where there was one. */
  previous?: readonly string[];
  /** True when the tile should be asked for again. `place` where it is no tile of the usual grid; null: an image without one. */
  holds(tile: TileId, place?: TilePlace | null): boolean;
}

type Event =
  | { type: 'versionchange'; detail: ClientEvents['versionchange'] }
  | { type: 'invalidated'; detail: ClientEvents['invalidated'] }
  | { type: 'tilesupdated'; detail: ClientEvents['tilesupdated'] };

/** One change out of all events of a frame. */
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
    // What such a range leaves out is confirmed for the new version: it has not changed.
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

/** A hidden page draws no frames: its changes wait, merged, until somebody looks. */
export const nextFrame: FrameScheduler = (run) => {
  const id = requestAnimationFrame(run);
  return () => cancelAnimationFrame(id);
};

/** Calls `apply` at most once a frame with what changed in the layer. Returns the function that stops it. */
export function watchChanges(
  client: Pick<BindingClient, 'on'>,
  layer: string,
  apply: (change: LayerChange) => void,
  schedule: FrameScheduler = nextFrame,
): () => void {
  let events: Event[] = [];
  let cancel: (() => void) | undefined;
  const push = (event: Event) => {
    // `*`: a version for all layers, from a worker that has not seen this one yet.
    if (event.detail.layer !== layer && event.detail.layer !== '*') return;
    events.push(event);
    // A night's worth: all of them, and the version that they came to.
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
