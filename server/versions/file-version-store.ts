import { TileCacheError } from '../../src/shared/errors';
import { record, rule } from '../../src/shared/validate';
import { checkStoreOptions, CODE } from '../option-readers';
import { parseState } from './parse-state';
import { EMPTY_STATE } from './state';
import type { OriginState } from './state';
import { createListeners, createQueue } from './version-store';
import type { VersionStore } from './version-store';

const readOptions = record<{ path: string }>(
  { path: rule((value) => typeof value === 'string' && value !== '', "the file's path") },
  CODE,
);

/**
 * Keeps the versions in one JSON file, for an origin that runs as a single process.
 * Written beside its place, flushed and renamed: a crash leaves the old file or the new one, never half of one.
 * Throws `INVALID_OPTION` without a path.
 */
export function createFileVersionStore(options: { path: string }): VersionStore {
  checkStoreOptions(options, readOptions, 'path');
  const { path } = options;
  const listeners = createListeners();
  const inTurn = createQueue();
  let state: OriginState | undefined;

  async function load(): Promise<OriginState> {
    const { readFile } = await import('node:fs/promises');
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw failed(path, error);
    });
    return text === undefined ? EMPTY_STATE : parseState(text);
  }

  return {
    read: () => inTurn(async () => (state ??= await load())),
    update: (change) =>
      inTurn(async () => {
        state ??= await load();
        const next = change(state);
        if (!next) return state;
        await write(path, `${JSON.stringify(next)}\n`);
        state = next;
        listeners.tell(next);
        return next;
      }),
    watch: async (listener) => listeners.add(listener),
    close: () => inTurn(async () => undefined),
  };
}

async function write(path: string, text: string): Promise<void> {
  const { open, rename, mkdir } = await import('node:fs/promises');
  const { dirname } = await import('node:path');
  const beside = `${path}.${process.pid}.new`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(beside, 'w', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    throw failed(path, error);
  }
}

function failed(path: string, cause: unknown): TileCacheError {
  return new TileCacheError(
    {
      code: 'STORAGE_FAILED',
      message: `The versions file ${path} failed.`,
      remedy: 'Check that the path may be read and written.',
    },
    { cause },
  );
}
