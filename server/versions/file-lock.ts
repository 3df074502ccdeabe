/** Milliseconds after which a lock counts as left over from a process that ended. A write takes much less. */
const STALE = 10_000;
/** Milliseconds between two tries, and until the attempt fails. */
const PAUSE = 20;
const PATIENCE = 15_000;

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;

/**
 * Runs `task` while no other process runs one with the same lock file, because two processes that read, change and
 * write would lose one of the writes. `isHeld` tells whether the lock is still this task's: a process that slept for
 * too long (a suspended machine, a disk that stalls) has lost it to another one, and must not write any more. Rejects
 * with the file system's errors, and if the lock stays held.
 */
export async function withFileLock<T>(lock: string, task: (isHeld: () => Promise<boolean>) => Promise<T>): Promise<T> {
  const { readFile, rm } = await import('node:fs/promises');
  const mark = crypto.randomUUID();
  const isHeld = async () => (await readFile(lock, 'utf8').catch(() => undefined)) === mark;
  await take(lock, mark);
  try {
    return await task(isHeld);
  } finally {
    // Leave the lock of the process that took over.
    if (await isHeld()) await rm(lock, { force: true });
  }
}

async function take(lock: string, mark: string): Promise<void> {
  const { open, rm } = await import('node:fs/promises');
  for (let waited = 0; ; waited += PAUSE) {
    try {
      const file = await open(lock, 'wx', 0o600);
      try {
        await file.writeFile(mark);
      } catch (error) {
        // A full disk takes the name of a file, and nothing in it.
        await rm(lock, { force: true });
        throw error;
      } finally {
        await file.close();
      }
      return;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST' || waited > PATIENCE) throw error;
    }
    if (!(await dropStale(lock))) await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

/** Removes the lock of a process that ended. Resolves with whether it is gone. */
async function dropStale(lock: string): Promise<boolean> {
  const { link, stat, rename, rm } = await import('node:fs/promises');
  try {
    const seen = await stat(lock);
    if (Math.abs(Date.now() - seen.mtimeMs) < STALE) return false;
    // Of several processes that see the old lock, only one can rename it.
    const aside = `${lock}.${crypto.randomUUID()}`;
    await rename(lock, aside);
    const taken = await stat(aside);
    // Another process was faster, and this is its new lock: put it back, unless a third one has a lock by now.
    if (taken.ino !== seen.ino || taken.mtimeMs !== seen.mtimeMs) await link(aside, lock).catch(() => undefined);
    await rm(aside, { force: true });
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return true;
    throw error;
  }
}
