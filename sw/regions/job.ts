import type { DriveResult } from '../../src/shared/regions';
import { createBlockLists } from './blocks';
import type { JobTools, WorkTools } from './job-tools';
import type { Live } from './live';
import { goOn, type Where } from './go-on';
import { createTurns, type Turns } from './turns';

/** Makes editions, a slice at a time. */
export interface Job extends Pick<Turns, 'alone' | 'halt' | 'isHeld'> {
  /** Works for some seconds at most; callers that ask meanwhile share the slice. */
  drive(where: Where): Promise<DriveResult>;
  live(id: string): Live | undefined;
}

/** Milliseconds within which a slice begins requests. */
const SLICE_MS = 8000;
/** The most milliseconds of a slice: browsers end a worker's background work, the strictest after 55 seconds. */
const LATEST_MS = 19_000;
/** Milliseconds until the page should ask again whether storage works. */
const RETRY_MS = 15_000;
/** Milliseconds until the page should ask again for a region that is being changed. */
const HELD_MS = 300;

export function createJob(tools: JobTools): Job {
  const lives = new Map<string, Live>();
  const turns = createTurns();
  const work: WorkTools = { ...tools, lives, blocksFor: createBlockLists() };
  let slice: Promise<DriveResult> | undefined;
  return {
    drive: (where) => (slice ??= runSlice(where, work, turns).finally(() => (slice = undefined))),
    alone: turns.alone,
    isHeld: turns.isHeld,
    live: (id) => lives.get(id),
    halt: turns.halt,
  };
}

/** Works on one region after the other, the oldest first, until the time is over. */
async function runSlice(where: Where, tools: WorkTools, turns: Turns): Promise<DriveResult> {
  const { book, ledger, now } = tools;
  const begun = now();
  // The absolute difference also ends the slice when the clock was set back.
  const elapsed = () => Math.abs(now() - begun);
  const hasTime = () => elapsed() < SLICE_MS;
  const ended = tools.sleep(LATEST_MS).then(() => undefined);
  const state = ledger.state ?? (await ledger.load());
  await book.load();
  if (!state || !book.sound) return { again: RETRY_MS };
  let soonest = Infinity;
  for (const { id } of [...book.all()].sort((a, b) => a.createdAt - b.createdAt)) {
    if (turns.halted) return { again: undefined };
    if (!hasTime()) return { again: 0 };
    const again = turns.isHeld(id)
      ? HELD_MS
      : await turns.work(id, (signal, goesOn) => goOn(id, state, where, tools, { signal, hasTime, ended, goesOn }));
    soonest = Math.min(soonest, again ?? Infinity);
  }
  return { again: soonest === Infinity ? undefined : soonest };
}
