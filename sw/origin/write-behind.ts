import type { Timers } from '../util/deadline';

/**
 * Delays writes while a map is seen for the first time: while pages wait for a view of tiles that are not stored, the
 * worker holds the tiles that have come in memory, and writes them when the last ones are there. A write costs the
 * browser more than the tile's way to the page.
 */
export interface WriteBehind {
  /**
   * Notes that a page waits for a tile that is not stored. Call the returned function when the tile has come, or will
   * not.
   */
  begin(): () => void;
  /** Runs a write of `bytes` bytes when its time has come, or at once when `asked` resolves. */
  run<T>(bytes: number, asked: Promise<void>, write: () => Promise<T>): Promise<T>;
}

/**
 * Milliseconds for which the worker holds a write at most: unwritten tiles are lost when the user or the system kills
 * the browser.
 */
export const HELD_MS = 2000;
/** The most bytes to hold. */
export const HELD_BYTES = 8 * 1024 * 1024;
/** Writes that run at once: more would only wait for each other, and delay whatever a caller asks for behind them. */
const AT_ONCE = 8;
/** Writes that run at once while pages still wait. */
const AT_ONCE_BUSY = 2;
/** The number of awaited tiles from which on they count as a view, and not as an odd tile, which may hang. */
const BURST = 4;

interface Held {
  bytes: number;
  start: () => Promise<unknown>;
}

export function createWriteBehind({ setTimeout, clearTimeout }: Timers): WriteBehind {
  const held = new Set<Held>();
  let bytes = 0;
  let waiting = 0;
  let running = 0;
  let overdue = false;
  let timer: unknown;

  const isBusy = () => waiting >= BURST;
  const isTime = () => !isBusy() || overdue || bytes > HELD_BYTES;
  const start = (one: Held) => {
    // A caller may have asked for it already.
    if (!held.delete(one)) return;
    bytes -= one.bytes;
    running += 1;
    void one.start().finally(() => {
      running -= 1;
      pump();
    });
  };
  const pump = () => {
    for (const one of held) {
      if (!isTime() || running >= (isBusy() ? AT_ONCE_BUSY : AT_ONCE)) break;
      start(one);
    }
    if (held.size > 0) return void (timer ??= setTimeout(isOverdue, HELD_MS));
    overdue = false;
    clearTimeout(timer as never);
    timer = undefined;
  };
  const isOverdue = () => {
    overdue = true;
    pump();
  };

  return {
    begin() {
      let begun = true;
      waiting += 1;
      return () => {
        if (!begun) return;
        begun = false;
        waiting -= 1;
        pump();
      };
    },
    run: (size, asked, write) =>
      new Promise((resolve, reject) => {
        const one: Held = { bytes: size, start: () => write().then(resolve, reject) };
        held.add(one);
        bytes += size;
        void asked.then(() => start(one));
        pump();
      }),
  };
}
