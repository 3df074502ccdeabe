import type { Timers } from '../util/deadline';

/**
 * Keeps writes out of the way of a map that is being seen for the first time: while pages wait for a view of tiles that
 * nobody has, those that have come are held in memory, and written when the last ones are there. A write costs the
 * browser more than the tile's way to the page.
 */
export interface WriteBehind {
  /** A page waits for what nobody has; call what it returns when that has come, or will not. */
  begin(): () => void;
  /** Runs a write of so many bytes when its time has come; at once where somebody asks for it. */
  run<T>(bytes: number, asked: Promise<void>, write: () => Promise<T>): Promise<T>;
}

/** Milliseconds that a write is held at most: what is not written is lost when the browser is killed. */
export const HELD_MS = 2000;
/** Bytes that are held at most. */
export const HELD_BYTES = 8 * 1024 * 1024;
/** Writes at once; beyond that they only wait for each other, and what somebody asks for waits behind them. */
const AT_ONCE = 8;
/** While pages still wait. */
const AT_ONCE_BUSY = 2;
/** Tiles that pages wait for, from which on it is a view and not the odd tile, which may hang. */
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
    // Somebody may have asked for it already.
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
