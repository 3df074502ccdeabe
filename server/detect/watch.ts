import { isTileCacheError } from '../../src/shared/errors';
import type { Database } from './database';

/** How a watch goes on. */
export interface WatchOptions {
  connect(): Promise<Database>;
  /** One look; resolves with false where it is to be repeated after a pause. */
  run(database: Database): Promise<boolean>;
  /** Seconds between two looks where nobody notifies. */
  interval: number;
  /** The channel of those who notify. */
  channel?: string;
  /** Aborted when the watch is to end. */
  stop: AbortSignal;
  note(line: string): void;
}

/** Milliseconds after a look in which notifications gather: a burst of changes makes few publications. */
const GATHER = 200;
/** Seconds of the first pause after a failure, and of the longest. */
const PAUSES = { first: 1, longest: 60 };

/** Looks again and again until it is stopped. Rejects only where the first look does, or with what is no failure of ours. */
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
      // What is wrong from the start is wrong tomorrow; later, a table may be on its way in or out. Another detector stays.
      if (!isTileCacheError(error) || error.code === 'CONFLICT' || (!proven && error.code !== 'NETWORK_FAILED'))
        throw error;
      failures += 1;
      if (failures === 1) note(`${error.message} It is tried again.`);
    }
    await pause(pauseOf(failures), stop);
  }
}

/** Looks as long as the connection holds. */
async function connected(
  { connect, run, interval, channel, stop }: WatchOptions,
  succeeded: (ok: boolean) => void,
  pauseAfter: () => number,
): Promise<void> {
  const database = await connect();
  let awake = new AbortController();
  try {
    // Before the first look: what is told meanwhile makes another one.
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

/** Resolves after so many milliseconds, or when it is stopped. */
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
