import type { TileCacheError } from '../../src/shared/errors';

/** Creates the error that names a path that could not be read. */
export type Unreadable = (path: string, why: string, cause?: unknown) => TileCacheError;

/**
 * Yields the file itself, or all files in a folder and its subfolders, by name. Follows links, because tile caches link
 * equal tiles to one file and a zoom to another disk. Skips hidden files: what programs leave behind, and the
 * snapshots of file servers.
 */
export async function* filesBelow(path: string, unreadable: Unreadable): AsyncGenerator<string> {
  const { readdir, realpath, stat } = await import('node:fs/promises');
  const { join } = await import('node:path');
  const read = <T>(work: Promise<T>, of: string): Promise<T> =>
    work.catch((cause: unknown) => {
      throw unreadable(of, 'cannot be read', cause);
    });

  async function* below(folder: string, above: readonly string[]): AsyncGenerator<string> {
    const real = await read(realpath(folder), folder);
    // A link that leads back up would never end.
    if (above.includes(real)) return;
    const entries = await read(readdir(folder, { withFileTypes: true }), folder);
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name.startsWith('.')) continue;
      const each = join(folder, entry.name);
      const kind = entry.isSymbolicLink() ? await read(stat(each), each) : entry;
      if (kind.isFile()) yield each;
      else if (kind.isDirectory()) yield* below(each, [...above, real]);
    }
  }

  if ((await read(stat(path), path)).isDirectory()) yield* below(path, []);
  else yield path;
}

/** Yields the lines of a file. */
export async function* linesOf(file: string, unreadable: Unreadable): AsyncGenerator<string> {
  const { createReadStream } = await import('node:fs');
  const { createInterface } = await import('node:readline');
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
  const next = lines[Symbol.asyncIterator]();
  for (;;) {
    const line = await next.next().catch((cause: unknown) => {
      throw unreadable(file, 'cannot be read', cause);
    });
    if (line.done) return;
    yield line.value;
  }
}
