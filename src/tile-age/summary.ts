import type { ClientStatus } from '../page/types';
import { describeScreen, type LayerScreen, type ScreenSummary, type TileAgeState } from '../screen/describe';
import type { TileFacts } from '../screen/tile-facts';

export type { TileAgeState };

/** The facts that a badge shows. */
export type TileAgeSummary = ScreenSummary;

/** The layers that a badge asks about. */
export interface Question {
  /** All layers when absent. */
  layer?: string | undefined;
  /** Seconds from which on tiles count as old. */
  threshold: number;
  /** Epoch milliseconds. */
  now: number;
  /** The tiles on the screen of `layer`, where that is known better than by the client. */
  tiles?: readonly TileFacts[] | undefined;
  /** The layer that `tiles` are of. */
  of?: string | undefined;
}

/** Sums a client's status up. */
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

/** A status without the tiles has at least the oldest age of them. */
function screenOf({ shown, oldest, version, updating }: ClientStatus['layers'][string]): LayerScreen {
  const known: TileFacts[] = oldest === undefined ? [] : [{ status: 'hit', age: oldest, since: 0 }];
  return { tiles: shown ?? known, version, updating };
}

/** States that are worth an interruption, however polite, and those that end one. */
const SPOKEN: readonly TileAgeState[] = ['offline', 'missing', 'old', 'failing', 'current'];

/** Decides what a screen reader is told: a change that lasts, once, and never twice within `pause` milliseconds. */
export function createAnnouncer(pause: number): (state: TileAgeState, now: number) => boolean {
  let told: TileAgeState = 'current';
  let at = -Infinity;
  return (state, now) => {
    if (state === told || !SPOKEN.includes(state) || now - at < pause) return false;
    told = state;
    at = now;
    return true;
  };
}
