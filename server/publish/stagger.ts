import type { ZoomRange } from '../../src/shared/tile';
import type { OriginLayer } from '../layers/origin-layer';
import { LAST_ZOOM, layerTag, zoomTag, zoomTags } from '../tiles/cache-tags';
import type { LayerState } from '../versions/state';
import type { Debt } from '../versions/owed';
import type { NamedPurger } from './debts';
import { USUAL_ZOOMS } from './plan';

/** A part of a purge, dropped by one request to the purger. */
export interface Round {
  tags: string[];
  /** What it drops, in words; absent: all of the purge. */
  name?: string;
}

/** A layer's tag, or tags by zoom already: whatever the purge is of, it can be spread over the zooms. */
const isByTag = (layer: string, { tags, urls }: Debt) =>
  !urls && tags.some((tag) => tag === layerTag(layer) || zoomTags(layer).includes(tag));

/** What is left of a layer's tags behind those that were dropped. */
export function without(layer: string, tags: readonly string[], dropped: readonly string[]): string[] {
  return spelled(layer, tags).filter((tag) => !dropped.includes(tag));
}

/** The tags by zoom in place of the layer's own. */
const spelled = (layer: string, tags: readonly string[]): string[] => [
  ...new Set(tags.flatMap((tag) => (tag === layerTag(layer) ? zoomTags(layer) : [tag]))),
];

/**
 * The parts of a purge, in their order: everything without a zoom, further tags and the low zooms first, since most views
 * ask for those and they are few tiles; then zoom by zoom; the last that exists together with all above it.
 */
export function roundsOf(layer: string, { tags }: Debt, upTo: number, [, highest]: Readonly<ZoomRange>): Round[] {
  const left = new Set(spelled(layer, tags));
  const last = Math.max(upTo, Math.min(LAST_ZOOM, highest));
  const rounds = [];
  for (let zoom = upTo; zoom <= last; zoom++) {
    const [from, to] = [zoom === upTo ? 0 : zoom, zoom === last ? LAST_ZOOM : zoom];
    const own = Array.from({ length: to - from + 1 }, (_, i) => zoomTag(layer, from + i)).filter((tag) =>
      left.delete(tag),
    );
    const name = zoom === last ? `zooms ${from} and above` : from === to ? `zoom ${zoom}` : `zooms ${from} to ${to}`;
    rounds.push({ tags: own, name });
  }
  // What bears no zoom goes with the first of them.
  rounds[0]!.tags.unshift(...left);
  return rounds.filter((round) => round.tags.length > 0);
}

/** How a layer's purges are spread; `undefined` where they are not. */
export interface Spread {
  /** Seconds between two rounds. */
  pause: number;
  /** One round where this CDN's tiles may lack tags by zoom, or the purge is of URLs or metadata. */
  rounds(cdn: NamedPurger, debt: Debt): Round[];
  /** The purge, once it is done, drops every tile there was without a tag by zoom. */
  proves(cdn: NamedPurger, debt: Debt): boolean;
}

/** Reads the layer's option; `state` says at which CDNs tags by zoom can be relied on. */
export function spreadOf(
  layer: string,
  options: OriginLayer | undefined,
  state: Pick<LayerState, 'byZoom'> | undefined,
): Spread | undefined {
  const { stagger, edge } = options ?? {};
  if (!stagger) return undefined;
  const { upTo = 10, pause = 10 } = stagger;
  return {
    pause,
    rounds: ({ cdn, purger }, debt) =>
      purger.byZoom && state?.byZoom?.includes(cdn) && isByTag(layer, debt)
        ? roundsOf(layer, debt, upTo, edge?.zooms ?? USUAL_ZOOMS)
        : [{ tags: debt.tags }],
    proves: ({ purger }, { tags, urls }) => purger.byZoom === true && !urls && tags.includes(layerTag(layer)),
  };
}
