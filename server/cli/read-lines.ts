import type { TileCacheError } from '../../src/shared/errors';

/** Creates the error that names a path that could not be read. */
export type Unreadable = (path: string, why: string, cause?: unknown) => TileCacheError;

/** Returns the file itself, or all files in a folder and its subfolders. */
export async function filesBelow(path: string, unreadable: Unreadable): Promise<string[]> {
  const { readdir, stat } = await import('node:fs/promises');
  const { join } = await import('node:path');
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    return entries.filter((each) => each.isFile()).map((each) => join(each.parentPath ?? each.path, each.name));
  } catch (cause) {
    throw unreadable(path, 'cannot be read', cause);
  }
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
