import { type FrameScheduler, nextFrame } from './changes';
import { type Timers, systemTimers } from './retry';

/**
 * Shows loaded data when it is its turn. Resolves with false, without showing it, if the tile has left the map or
 * changed again.
 */
export type Turn = (show: () => void) => Promise<boolean>;

/** Decides when loaded tiles that have changed appear. */
export interface Turns {
  /** True while loaded tiles wait for others. */
  readonly holding: boolean;
  /** The tile has changed: other tiles wait for it. */
  begin(key: string): void;
  /** The layer has a new version: `refuses` then refuses tiles of the previous ones. */
  published(version: string, previous: readonly string[]): void;
  /** Returns true for a response of a replaced version, while there is time to wait for another. */
  refuses(key: string, headers: Headers): boolean;
  /** No other tile need wait for this one any more: it is shown, or has left the map. */
  leave(key: string): void;
  /** Returns the turn of a tile since its last change. */
  of(key: string): Turn;
  /**
   * Returns the turn of a tile that the map requests by itself. Other tiles do not wait for it, but it waits for them.
   */
  guest(): Turn;
  close(): void;
}

const atOnce: Turn = (show) => {
  show();
  return Promise.resolve(true);
};

/** Every tile appears as soon as it has loaded. */
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

/** Maximum number of replaced versions to remember. */
const MAX_REPLACED = 16;

interface Entry {
  /** `late`: the others appeared without it. `over`: the tile has left or changed again. */
  state: 'awaited' | 'late' | 'over';
  show?: () => void;
  settle?: { resolve(shown: boolean): void; reject(reason: unknown): void };
}

/**
 * Shows all changed tiles in one frame: when the last of them has loaded, or `limit` milliseconds after the first
 * change. Later tiles appear as they load. Tiles that change in the meantime join, without extending the limit.
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
    // A guest, which is its own key, may carry older bytes of the same tile: show it first.
    const entries = [...round.values()].sort((a, b) => Number(round.has(b)) - Number(round.has(a)));
    round.clear();
    end();
    for (const entry of entries) appear(entry);
  };
  const look = () => {
    if (!round.size) return end();
    if (!expired && !complete()) return;
    cancel ??= schedule(() => {
      cancel = undefined;
      // A tile may have changed again in the meantime.
      if (expired || complete()) show();
    });
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
      drop(round, key);
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
    // With `versionPolicy: 'serve-stale'` the worker first answers with the old tile. It then reports the new tile, or
    // confirms the old one.
    refuses: (key, headers) => round.has(key) && replaced.has(headers.get('x-tile-version') ?? ''),
    leave(key) {
      if (!round.has(key)) return;
      drop(round, key);
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
    // Show everything: places of tiles that the map requested by itself would stay blank.
    close: show,
  };
}

/** Takes a tile out of the round, which has left or changed again. */
function drop(round: Map<unknown, Entry>, key: unknown): void {
  const entry = round.get(key);
  round.delete(key);
  if (!entry) return;
  entry.state = 'over';
  entry.settle?.resolve(false);
}

function appear(entry: Entry): void {
  entry.state = 'late';
  try {
    entry.show?.();
    entry.settle?.resolve(true);
  } catch (error) {
    entry.settle?.reject(error);
  }
}
