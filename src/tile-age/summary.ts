import type { ClientStatus } from '../page/types';
import { describeScreen, type LayerScreen, type ScreenSummary, type TileAgeState } from '../screen/describe';
import type { TileFacts } from '../screen/tile-facts';

export type { TileAgeState };

/** The facts that a badge shows. */
export type TileAgeSummary = ScreenSummary;

/** What a badge asks for. */
export interface Question {
  /** @default all layers */
  layer?: string | undefined;
  /** Seconds after which tiles count as old. */
  threshold: number;
  /** Epoch milliseconds. */
  now: number;
  /** The facts about the tiles of `layer` on the screen, if the caller knows them better than the client. */
  tiles?: readonly TileFacts[] | undefined;
  /** The layer of `tiles`. */
  of?: string | undefined;
}

/** Sums up a client's status. */
export function summarise(status: ClientStatus, { layer, threshold, now, tiles, of = layer }: Question): ScreenSummary {
  const { offline, checkedAt, failures } = status;
  const own: LayerScreen[] = Object.entries(status.layers).flatMap(([name, entry]) =>
    name === of && tiles ? [] : layer === undefined || name === layer ? [screenOf(entry)] : [],
  );
  const entry = of === undefined ? undefined : status.layers[of];
  const layers: LayerScreen[] = tiles
    ? [...own, { tiles, version: entry?.version, updating: entry?.updating ?? false }]
    : own;
  return describeScreen({ layers, offline, checkedAt, failures, now, threshold });
}

/** Returns the screen of a layer. A status without single tiles still has their oldest age. */
function screenOf({ shown, oldest, version, updating }: ClientStatus['layers'][string]): LayerScreen {
  const known: TileFacts[] = oldest === undefined ? [] : [{ status: 'hit', age: oldest, since: 0 }];
  return { tiles: shown ?? known, version, updating };
}

/** The states that a screen reader announces: problems, and the return to normal. */
const SPOKEN: readonly TileAgeState[] = ['offline', 'missing', 'old', 'failing', 'current'];

/**
 * Creates the function that decides whether a screen reader announces a state: once, if the state lasts, and at most
 * every `pause` milliseconds.
 */
export function createAnnouncer(pause: number): (state: TileAgeState, now: number) => boolean {
  let told: TileAgeState = 'current';
  let at = -Infinity;
  return (state, now) => {
    // Somebody may have set the clock back since.
    if (state === told || !SPOKEN.includes(state) || Math.abs(now - at) < pause) return false;
    told = state;
    at = now;
    return true;
  };
}
