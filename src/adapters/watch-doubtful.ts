import type { TileId } from '../shared/tile';
import type { AgeBook } from './age-book';
import type { BindingClient } from './binding-client';
import { backoff, clockOf, systemTimers, type Timers } from './retry';
import { throttle } from './throttle';
import { tileKey } from '../screen/tile-key';
import { fetchedOf } from './watch-missing';

interface DoubtfulParts {
  layer: string;
  ages: Pick<AgeBook, 'doubtful' | 'doubts'>;
  /** The tiles on the screen. */
  tiles(): TileId[];
  /** Requests the tiles on the screen again for which `holds` returns true. */
  exchange(holds: (tile: TileId) => boolean): void;
}

/** Watches tiles on the screen that their origin has not confirmed. */
export interface DoubtfulWatch {
  /** The map shows other tiles. */
  look(): void;
  stop(): void;
}

/** Milliseconds before the first attempt, and the most between two later ones. */
const FIRST_PAUSE = 10_000;
const LAST_PAUSE = 120_000;
/** The longest time for which a tile is not requested again, whatever its layer answers. */
const LAST_OF_TILE = 300_000;
const LOOK_EVERY = 500;

/** For each tile on the screen: the number of requests, and the earliest time of the next. The last requested is last. */
type Asked = Map<string, { times: number; notBefore: number }>;

/**
 * Requests doubtful tiles again: for the map library, a tile that the worker answered from the store is complete, even
 * if its origin failed. While such tiles are on the screen, requests one of them at a time, each in turn, with growing
 * pauses, and all of them when the layer answers anything. Requests nothing while the page is hidden or the browser is
 * offline.
 */
export function watchDoubtful(
  client: Pick<BindingClient, 'on'>,
  { layer, ages, tiles, exchange }: DoubtfulParts,
  timers: Timers = systemTimers,
): DoubtfulWatch {
  const { now, random, hidden } = clockOf(timers);
  const asked: Asked = new Map();
  let timer: unknown;
  let round = 0;
  /** True if an attempt was due while the page was hidden. */
  let overdue = false;
  let checksFail = false;

  const doubtful = () => {
    const unsure = tiles().filter((tile) => ages.doubtful(tile));
    const keys = [...new Set(unsure.map(tileKey))];
    for (const key of asked.keys()) if (!keys.includes(key)) asked.delete(key);
    if (keys.length === 0) round = 0;
    return keys;
  };

  const ask = (keys: readonly string[]) => {
    for (const key of keys) note(asked, key, now(), random());
    const these = new Set(keys);
    if (these.size > 0) exchange((tile) => these.has(tileKey(tile)));
  };

  const attempt = () => {
    if (timer !== undefined) timers.clearTimeout(timer);
    timer = undefined;
    overdue = hidden();
    if (overdue) return;
    // Offline, wait for the next attempt.
    const keys = globalThis.navigator?.onLine === false ? [] : doubtful();
    ask(nextOf(asked, keys));
    look();
  };

  const look = () => {
    if (timer !== undefined || overdue || !ages.doubts) return;
    if (tiles().every((tile) => !ages.doubtful(tile, true))) return;
    timer = timers.setTimeout(attempt, pause(round++, LAST_PAUSE, random()));
  };

  /** Handles an answer of the origin. */
  const wake = throttle(() => {
    if (!ages.doubts || hidden()) return;
    ask(doubtful().filter((key) => (asked.get(key)?.notBefore ?? 0) <= now()));
  }, LOOK_EVERY);

  const looks = throttle(look, LOOK_EVERY);
  const back = () => void (overdue && attempt());
  const stops = [
    client.on('used', (news) => {
      if (fetchedOf(layer, news)) wake();
      looks();
    }),
    // Tiles and manifest often come from the same origin.
    client.on('versioncheck', ({ ok }) => {
      if (ok && checksFail && timer !== undefined) attempt();
      checksFail = !ok;
    }),
  ];
  globalThis.document?.addEventListener('visibilitychange', back);

  return {
    look: looks,
    stop() {
      for (const stop of stops) stop();
      globalThis.document?.removeEventListener('visibilitychange', back);
      wake.cancel();
      looks.cancel();
      if (timer !== undefined) timers.clearTimeout(timer);
      timer = undefined;
      overdue = true;
    },
  };
}

const pause = (times: number, longest: number, random: number) =>
  backoff(times, FIRST_PAUSE, longest) * (1 - random / 4);

/** Notes a request. The tile moves to the end: the next attempt is for another one. */
function note(asked: Asked, key: string, at: number, random: number): void {
  const times = asked.get(key)?.times ?? 0;
  asked.delete(key);
  asked.set(key, { times: times + 1, notBefore: at + pause(times, LAST_OF_TILE, random) });
}

/** Returns a tile that was never requested, otherwise the one whose request is the oldest. */
function nextOf(asked: Asked, keys: readonly string[]): string[] {
  const next = keys.find((key) => !asked.has(key)) ?? [...asked.keys()].find((key) => keys.includes(key));
  return next === undefined ? [] : [next];
}
