import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { withFileLock } from '../../../server/versions/file-lock';

/** The actions of another process just before this one renames a lock, and just before it opens one. */
const other = vi.hoisted(() => ({
  beforeRename: async (): Promise<void> => undefined,
  beforeOpen: async (): Promise<void> => undefined,
}));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  return {
    ...real,
    rename: async (...names: Parameters<typeof real.rename>) => (await other.beforeRename(), real.rename(...names)),
    open: async (...names: Parameters<typeof real.open>) => (await other.beforeOpen(), real.open(...names)),
  };
});

let folder: string;
let lock: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'));
  lock = join(folder, 'a.lock');
});
afterEach(() => rm(folder, { recursive: true }));

it('of an ended process goes only to the first process that finds it', async () => {
  await writeFile(lock, 'of one that ended');
  const longAgo = new Date(Date.now() - 60_000);
  await utimes(lock, longAgo, longAgo);
  const seen: string[] = [];
  other.beforeRename = async () => {
    other.beforeRename = async () => undefined;
    // The first process is faster: it has already replaced the old lock with its own.
    await rm(lock);
    await writeFile(lock, 'the first one');
    other.beforeOpen = async () => {
      other.beforeOpen = async () => undefined;
      seen.push(await readFile(lock, 'utf8').catch(() => 'no lock'));
      await rm(lock, { force: true });
    };
  };
  await withFileLock(lock, async () => void seen.push('the second one'));
  expect(seen).toEqual(['the first one', 'the second one']);
});
