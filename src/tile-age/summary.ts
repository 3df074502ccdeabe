import type { ClientStatus } from '../client/types';

/**
 * What a badge has to say, the most urgent first. `offline`: no network; `updating`: new tiles are on their way; `old`: older
 * than the threshold; `failing`: the version endpoint does not answer; `unknown`: no tile of the layer was used yet;
 * `current`: none of that.
 */
export type TileAgeState = 'offline' | 'updating' | 'old' | 'failing' | 'unknown' | 'current';

/** What a badge shows. */
export interface TileAgeSummary {
  state: TileAgeState;
  /** Seconds; of the oldest tile. */
  age: number | undefined;
  /** Seconds since the last successful version check. */
  checked: number | undefined;
}

/** What a badge asks about. */
export interface Question {
  /** All layers when absent. */
  layer?: string | undefined;
  /** Seconds from which on tiles count as old. */
  threshold: number;
  /** Epoch milliseconds. */
  now: number;
  /** Age of the oldest tile on the screen, where that is known better than by the client. */
  oldest?: number | undefined;
}

/** One check that fails may be chance. */
const FAILING = 2;

/** Sums a client's status up. */
export function summarise(status: ClientStatus, { layer, threshold, now, oldest }: Question): TileAgeSummary {
  const layers = Object.entries(status.layers).flatMap(([name, entry]) =>
    layer === undefined || name === layer ? [entry] : [],
  );
  const ages =
    oldest !== undefined ? [oldest] : layers.flatMap((entry) => (entry.oldest === undefined ? [] : [entry.oldest]));
  const age = ages.length ? Math.max(...ages) : undefined;
  const checked = status.checkedAt === undefined ? undefined : Math.max(0, (now - status.checkedAt) / 1000);
  const state = (): TileAgeState => {
    if (status.offline) return 'offline';
    if (layers.some((entry) => entry.updating)) return 'updating';
    if (age !== undefined && age >= threshold) return 'old';
    if (status.failures >= FAILING) return 'failing';
    return age === undefined ? 'unknown' : 'current';
  };
  return { state: state(), age, checked };
}

/** States that are worth an interruption, however polite, and those that end one. */
const SPOKEN: readonly TileAgeState[] = ['offline', 'old', 'failing', 'current'];

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
