/** Milliseconds after which a lock counts as left over from a process that ended. A write takes much less. */
const STALE = 10_000;
/** Milliseconds between two tries, and until the attempt fails. */
const PAUSE = 20;
const PATIENCE = 15_000;

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;

/**
 * Runs `task` while no other process runs one with the same lock file, because two processes that read, change and
 * write would lose one of the writes. Rejects with the file system's errors, and if the lock stays held.
 */
export async function withFileLock<T>(lock: string, task: () => Promise<T>): Promise<T> {
  const { rm } = await import('node:fs/promises');
  await take(lock);
  try {
    return await task();
  } finally {
    await rm(lock, { force: true });
  }
}

async function take(lock: string): Promise<void> {
  const { open } = await import('node:fs/promises');
  for (let waited = 0; ; waited += PAUSE) {
    try {
      await (await open(lock, 'wx', 0o600)).close();
      return;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST' || waited > PATIENCE) throw error;
    }
    if (!(await dropStale(lock))) await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

/** Removes the lock of a process that ended. Resolves with whether it is gone. */
async function dropStale(lock: string): Promise<boolean> {
  const { stat, rename, rm } = await import('node:fs/promises');
  try {
    if (Math.abs(Date.now() - (await stat(lock)).mtimeMs) < STALE) return false;
    // Of several processes that see the old lock, only one can rename it.
    const aside = `${lock}.${crypto.randomUUID()}`;
    await rename(lock, aside);
    await rm(aside, { force: true });
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return true;
    throw error;
  }
}
