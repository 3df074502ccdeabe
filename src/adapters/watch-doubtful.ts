import type { TileId } from '../shared/tile';
import type { AgeBook } from './age-book';
import type { BindingClient } from './binding-client';
import { systemTimers, type Timers } from './retry';
import { throttle } from './throttle';
import { tileKey } from '../screen/tile-key';
import { fetchedOf } from './watch-missing';

interface DoubtfulParts {
  layer: string;
  ages: Pick<AgeBook, 'doubtful' | 'doubts'>;
  /** The tiles on the screen. */
  tiles(): TileId[];
  /** Asks again for the tiles on the screen that `holds` is true of. */
  exchange(holds: (tile: TileId) => boolean): void;
}

/** Watches what is shown although its origin has not confirmed it. */
export interface DoubtfulWatch {
  /** The map shows other tiles. */
  look(): void;
  stop(): void;
}

/** Milliseconds before the first and between two later attempts. */
const FIRST_PAUSE = 10_000;
const LAST_PAUSE = 120_000;
/** One tile is asked for after such a pause at the earliest, whatever its layer answers meanwhile. */
const LAST_OF_TILE = 300_000;
const LOOK_EVERY = 500;

/**
 * A tile that was answered from the store because its origin failed is complete for the map library, which never asks for it
 * again. As long as such tiles are on the screen, one of them is asked for after growing pauses, each in turn, and all of
 * them once the layer answers anything; nothing while nobody sees the page or the browser is offline.
 */
export function watchDoubtful(
  client: Pick<BindingClient, 'on'>,
  { layer, ages, tiles, exchange }: DoubtfulParts,
  timers: Timers = systemTimers,
): DoubtfulWatch {
  const now = timers.now ?? (() => performance.now());
  const random = timers.random ?? Math.random;
  const hidden = timers.hidden ?? (() => document.visibilityState === 'hidden');
  /** Of tiles on the screen: how often each was asked for, and when it may be again. */
  const asked = new Map<string, { times: number; notBefore: number }>();
  let timer: unknown;
  let round = 0;
  /** An attempt fell due while nobody looked. */
  let overdue = false;
  let checksFail = false;

  const pause = (times: number, most: number) =>
    Math.min(most, FIRST_PAUSE * 2 ** Math.min(times, 10)) * (1 - random() / 4);

  const doubtful = () => {
    const keys = new Set(
      tiles()
        .filter((tile) => ages.doubtful(tile))
        .map(tileKey),
    );
    for (const key of asked.keys()) if (!keys.has(key)) asked.delete(key);
    if (keys.size === 0) round = 0;
    return [...keys];
  };

  const ask = (keys: readonly string[]) => {
    for (const key of keys) {
      const times = asked.get(key)?.times ?? 0;
      // The next attempt is another tile's.
      asked.delete(key);
      asked.set(key, { times: times + 1, notBefore: now() + pause(times, LAST_OF_TILE) });
    }
    const these = new Set(keys);
    if (these.size > 0) exchange((tile) => these.has(tileKey(tile)));
  };

  const attempt = () => {
    if (timer !== undefined) timers.clearTimeout(timer);
    timer = undefined;
    overdue = hidden();
    if (overdue) return;
    // Offline, the next attempt may do.
    const keys = globalThis.navigator?.onLine === false ? [] : doubtful();
    // Those that were never asked for come first, then the one that was asked for longest ago.
    const next = keys.find((key) => !asked.has(key)) ?? [...asked.keys()].find((key) => keys.includes(key));
    ask(next === undefined ? [] : [next]);
    look();
  };

  const look = () => {
    if (timer !== undefined || overdue || !ages.doubts) return;
    if (tiles().every((tile) => !ages.doubtful(tile, true))) return;
    timer = timers.setTimeout(attempt, pause(round++, LAST_PAUSE));
  };

  /** The origin answers. */
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
    // The tiles' origin is often that of the manifest.
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
