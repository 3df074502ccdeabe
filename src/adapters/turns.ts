import { type FrameScheduler, nextFrame } from './changes';
import { type Timers, systemTimers } from './retry';

/** Shows what has been loaded when its turn comes. False, and not shown, where the tile left the map or changed again. */
export type Turn = (show: () => void) => Promise<boolean>;

/** Decides when changed tiles that have been loaded are shown. */
export interface Turns {
  /** True while loaded tiles wait for others. */
  readonly holding: boolean;
  /** The tile changed: it is one of those that are waited for. */
  begin(key: string): void;
  /** The layer has another version: answers of those before are waited out. */
  published(version: string, previous: readonly string[]): void;
  /** True for an answer that is not what was published, while there is time for another. */
  refuses(key: string, headers: Headers): boolean;
  /** Nobody need wait for the tile any more: it is shown, or left the map. */
  leave(key: string): void;
  /** The turn of a tile as it changed last. */
  of(key: string): Turn;
  /** The turn of a tile that the map asks for by itself: nobody waits for it, and it shows nothing new before the others do. */
  guest(): Turn;
  close(): void;
}

const atOnce: Turn = (show) => {
  show();
  return Promise.resolve(true);
};

/** Each tile is shown as soon as it is there. */
export const tileByTile: Turns = {
  holding: false,
  begin() {},
  published() {},
  refuses: () => false,
  leave() {},
  of: () => atOnce,
  guest: () => atOnce,
  close() {},
};

/** Versions before the one in force that are remembered. */
const MAX_REPLACED = 16;

interface Entry {
  /** `late`: the others were shown without it. `over`: it left, or changed again. */
  state: 'awaited' | 'late' | 'over';
  show?: () => void;
  settle?: { resolve(shown: boolean): void; reject(reason: unknown): void };
}

/**
 * All changed tiles are shown in one frame, when the last of them is there or `limit` milliseconds after the first changed;
 * those that come later are shown as they come. Changes that arrive meanwhile join, and do not extend the limit.
 */
export function viewAtOnce(limit: number, timers: Timers = systemTimers, schedule: FrameScheduler = nextFrame): Turns {
  const round = new Map<unknown, Entry>();
  const replaced = new Set<string>();
  let timer: unknown;
  let expired = false;
  let cancel: (() => void) | undefined;

  const complete = () => [...round.values()].every(({ show }) => show);
  const end = () => {
    if (timer !== undefined) timers.clearTimeout(timer);
    cancel?.();
    timer = cancel = undefined;
    expired = false;
  };
  const show = () => {
    const entries = [...round.values()];
    round.clear();
    end();
    for (const entry of entries) {
      entry.state = 'late';
      try {
        entry.show?.();
        entry.settle?.resolve(true);
      } catch (error) {
        entry.settle?.reject(error);
      }
    }
  };
  const look = () => {
    if (!round.size) return end();
    if (!expired && !complete()) return;
    cancel ??= schedule(() => {
      cancel = undefined;
      // A tile may have changed again since.
      if (expired || complete()) show();
    });
  };
  const remove = (key: unknown) => {
    const entry = round.get(key);
    round.delete(key);
    if (!entry) return;
    entry.state = 'over';
    entry.settle?.resolve(false);
  };
  const wait = (entry: Entry, run: () => void) =>
    new Promise<boolean>((resolve, reject) => {
      Object.assign(entry, { show: run, settle: { resolve, reject } });
      look();
    });

  return {
    get holding() {
      return round.size > 0;
    },
    begin(key) {
      remove(key);
      round.set(key, { state: 'awaited' });
      timer ??= timers.setTimeout(() => {
        expired = true;
        look();
      }, limit);
    },
    published(version, previous) {
      for (const one of previous) replaced.add(one);
      replaced.delete(version);
      if (replaced.size > MAX_REPLACED) replaced.delete(replaced.values().next().value!);
    },
    // Under `serve-stale` the worker answers with the old tile first. The new one is announced, or the old one confirmed.
    refuses: (key, headers) => round.has(key) && replaced.has(headers.get('x-tile-version') ?? ''),
    leave(key) {
      if (!round.has(key)) return;
      remove(key);
      look();
    },
    of(key) {
      const entry = round.get(key);
      return async (run) => {
        if (entry?.state === 'over') return false;
        return entry?.state === 'awaited' ? wait(entry, run) : atOnce(run);
      };
    },
    guest: () => async (run) => {
      if (!round.size) return atOnce(run);
      const entry: Entry = { state: 'awaited' };
      round.set(entry, entry);
      return wait(entry, run);
    },
    // Tiles that the map itself requested come all the same: their places would stay blank.
    close: show,
  };
}
