import type { ZoomRange } from '../../src/shared/tile';
import type { OriginLayer } from '../layers/origin-layer';
import { LAST_ZOOM, layerTag, zoomTag, zoomTags } from '../tiles/cache-tags';
import type { LayerState } from '../versions/state';
import type { Debt } from '../versions/owed';
import type { NamedPurger } from './named-purger';
import { USUAL_ZOOMS } from './plan';

/** A part of a purge, made with one request to the purger. */
export interface Round {
  tags: string[];
  /** The name of the part. Absent: it is the whole purge. */
  name?: string;
}

/** Returns whether the purge is by the layer's tag or its tags by zoom, so that it can be spread over zooms. */
const isByTag = (layer: string, { tags, urls }: Debt) =>
  !urls && tags.some((tag) => tag === layerTag(layer) || zoomTags(layer).includes(tag));

/** Returns the layer's tags without those that were dropped. */
export function without(layer: string, tags: readonly string[], dropped: readonly string[]): string[] {
  return spelled(layer, tags).filter((tag) => !dropped.includes(tag));
}

/** Replaces the layer's tag by its tags by zoom. */
const spelled = (layer: string, tags: readonly string[]): string[] => [
  ...new Set(tags.flatMap((tag) => (tag === layerTag(layer) ? zoomTags(layer) : [tag]))),
];

/**
 * Returns the parts of a purge in order. The first one contains everything without a zoom, further tags and the low
 * zooms, which are few tiles that most views request. Then follows one part for each zoom; the last existing zoom
 * includes all above it.
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
  // Tags without a zoom go into the first part.
  rounds[0]!.tags.unshift(...left);
  return rounds.filter((round) => round.tags.length > 0);
}

/** How a layer's purges are spread over its zooms. */
export interface Spread {
  /** Seconds between two rounds. */
  pause: number;
  /**
   * Returns the parts of the purge. It is one part if the CDN's tiles may lack tags by zoom, or if it is for URLs or
   * metadata.
   */
  rounds(cdn: NamedPurger, debt: Debt): Round[];
  /** Returns whether the purge, once done, has dropped every tile without a tag by zoom. */
  proves(cdn: NamedPurger, debt: Debt): boolean;
}

/** Reads the layer's option. `state` tells at which CDNs all tiles have tags by zoom. */
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
