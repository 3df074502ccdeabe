import { open, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { TileCacheError } from '../../src/shared/errors';

/** Milliseconds between two signs of life, and the milliseconds without one after which a lock counts as left over. */
const BEAT = 5000;
const SILENT = 30_000;
/** Milliseconds between two looks at a lock that may be left over. */
const LOOK = 1000;

/** The exclusive use of one state file. */
export interface StateLock {
  /**
   * Rejects with `CONFLICT` if another detector has taken the lock in the meantime, for example because this process
   * slept.
   */
  check(): Promise<void>;
  release(): Promise<void>;
}

/** The holder of a lock, as the lock file names it. */
interface Holder {
  host: string;
  pid: number;
  mark: string;
}

/**
 * Locks a state file for one detector, because two detectors with the same file would publish each change twice. It
 * takes over the lock of a process that has ended: at once on the same machine, after 30 s without a sign of life
 * elsewhere, and in a restarted container in which this process has the same number. Rejects with `CONFLICT` if another
 * detector is running, and with the file system's errors.
 */
export async function lockState(
  state: string,
  pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds)),
): Promise<StateLock> {
  const lock = `${state}.lock`;
  const own: Holder = { host: hostname(), pid: process.pid, mark: crypto.randomUUID() };
  await take(lock, own, pause);
  const beat = setInterval(() => void sign(lock, own), BEAT);
  beat.unref();
  return {
    async check() {
      const holder = await holderOf(lock);
      if (holder && holder.mark !== own.mark) throw busy(holder);
      // Somebody deleted the lock file: take the lock again.
      if (!holder) await take(lock, own, pause);
    },
    async release() {
      clearInterval(beat);
      if ((await holderOf(lock))?.mark === own.mark) await rm(lock, { force: true });
    },
  };
}

async function take(lock: string, own: Holder, pause: (milliseconds: number) => Promise<void>): Promise<void> {
  let seen: { at: number; looks: number } | undefined;
  for (;;) {
    try {
      const file = await open(lock, 'wx', 0o600);
      try {
        await file.writeFile(JSON.stringify(own));
      } catch (error) {
        // A full disk takes the name of a file, and nothing in it.
        await rm(lock, { force: true });
        throw error;
      } finally {
        await file.close();
      }
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const text = await readFile(lock, 'utf8').catch(() => undefined);
    const holder = parse(text);
    // This process already has the lock: an earlier look at it failed.
    if (holder?.mark === own.mark) return;
    const at = await stat(lock).then(
      ({ mtimeMs }) => mtimeMs,
      () => undefined,
    );
    if (at === undefined) continue;
    // Count looks instead of comparing times: the clocks of two machines differ.
    seen = seen?.at === at ? { at, looks: seen.looks + 1 } : { at, looks: seen ? Infinity : 0 };
    const here = holder?.host === own.host && holder.pid !== own.pid ? holder : undefined;
    const runs = here && isRunning(here.pid);
    // On the same machine, times can be compared. If the process number now belongs to another process, the lock shows
    // no sign of life.
    const isAlive = runs === true && Math.abs(Date.now() - at) < SILENT;
    if (seen.looks === Infinity || isAlive) throw busy(holder);
    const isLeft = runs !== undefined || seen.looks * LOOK >= SILENT;
    if (isLeft && (await takeOver(lock, own, text))) return;
    await pause(LOOK);
  }
}

/**
 * Replaces a lock that was left over. Only one process may do so at a time, because another waiting process may have
 * replaced it.
 */
async function takeOver(lock: string, own: Holder, text: string | undefined): Promise<boolean> {
  const guard = `${lock}.taking`;
  try {
    await (await open(guard, 'wx', 0o600)).close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const age = await stat(guard).then(
      ({ mtimeMs }) => Math.abs(Date.now() - mtimeMs),
      () => 0,
    );
    // The process that took the guard has ended.
    if (age >= SILENT) await rm(guard, { force: true });
    return false;
  }
  try {
    if ((await readFile(lock, 'utf8').catch(() => undefined)) !== text) return false;
    const mine = `${lock}.${own.mark}`;
    await writeFile(mine, JSON.stringify(own), { mode: 0o600 });
    // Replace the file in one step, so that the lock is never missing.
    await rename(mine, lock);
    return true;
  } finally {
    await rm(guard, { force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // The process exists, but belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const holderOf = async (lock: string): Promise<Holder | undefined> =>
  parse(await readFile(lock, 'utf8').catch(() => undefined));

function parse(text: string | undefined): Holder | undefined {
  try {
    const { host, pid, mark } = JSON.parse(text ?? '') as Partial<Holder>;
    return typeof host === 'string' && Number.isInteger(pid) && pid! > 0 && typeof mark === 'string'
      ? { host, pid: pid!, mark }
      : undefined;
  } catch {
    return undefined;
  }
}

async function sign(lock: string, own: Holder): Promise<void> {
  if ((await holderOf(lock))?.mark !== own.mark) return;
  const now = new Date();
  await utimes(lock, now, now).catch(() => undefined);
}

const busy = (holder: Holder | undefined) =>
  new TileCacheError({
    code: 'CONFLICT',
    field: '--state',
    message: `--state: another detector uses this file${holder ? ` (process ${holder.pid})` : ''}.`,
    remedy: 'Run one detector for each layer, or give each detector its own state file.',
  });
