import { isTileCacheError } from '../../src/shared/errors';
import type { Database } from './database';

/** Options of a watch. */
export interface WatchOptions {
  connect(): Promise<Database>;
  /** Looks once. Resolves with false if the look must be repeated after a pause. */
  run(database: Database): Promise<boolean>;
  /** Seconds between two looks without a notification. */
  interval: number;
  /** The channel for notifications. */
  channel?: string;
  /** Ends the watch when it aborts. */
  stop: AbortSignal;
  note(line: string): void;
}

/**
 * Milliseconds after a look during which notifications are collected, so that a burst of changes makes few
 * publications.
 */
const GATHER = 200;
/** Seconds of the first pause after a failure, and of the longest. */
const PAUSES = { first: 1, longest: 60 };

/** Looks repeatedly until it is stopped. Rejects only if the first look fails, or with an unexpected error. */
export async function watch(options: WatchOptions): Promise<void> {
  const { stop, note } = options;
  let failures = 0;
  let proven = false;
  const succeeded = (ok: boolean) => {
    failures = ok ? 0 : failures + 1;
    proven ||= ok;
  };
  while (!stop.aborted) {
    try {
      await connected(options, succeeded, () => pauseOf(failures));
    } catch (error) {
      // An error at the first look would occur again, so give up. Later, a table may be being replaced, so try again.
      // Also give up if another detector has the lock.
      if (!isTileCacheError(error) || error.code === 'CONFLICT' || (!proven && error.code !== 'NETWORK_FAILED'))
        throw error;
      failures += 1;
      if (failures === 1) note(`${error.message} It will be tried again.`);
    }
    await pause(pauseOf(failures), stop);
  }
}

/** Looks for as long as the connection holds. */
async function connected(
  { connect, run, interval, channel, stop }: WatchOptions,
  succeeded: (ok: boolean) => void,
  pauseAfter: () => number,
): Promise<void> {
  const database = await connect();
  let awake = new AbortController();
  try {
    // Listen before the first look, so that a notification during it causes another look.
    if (channel !== undefined) await database.listen(channel, () => awake.abort());
    let lost = false;
    void database.lost.then(() => ((lost = true), awake.abort()));
    while (!stop.aborted && !lost) {
      awake = new AbortController();
      const ok = await run(database);
      succeeded(ok);
      await pause(ok ? GATHER : pauseAfter(), stop);
      if (ok) await pause(interval * 1000, AbortSignal.any([stop, awake.signal]));
    }
  } finally {
    await database.close();
  }
}

const pauseOf = (failures: number) =>
  failures === 0 ? GATHER : 1000 * Math.min(PAUSES.longest, PAUSES.first * 2 ** (failures - 1));

/** Resolves after the given number of milliseconds, or when the watch is stopped. */
function pause(milliseconds: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (stop.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      stop.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    stop.addEventListener('abort', done);
  });
}
