import { TileCacheError } from '../../src/shared/errors';
import type { Publication } from '../publish/publication';
import { createCoalescer, parseTileLine } from '../publish/coalesce';

/** What a publication says of lists of tiles that changed. */
export type ExpireFields = Partial<Pick<Publication, 'boxes' | 'zooms' | 'changed'>>;

/**
 * Reads expire lists, files of `z/x/y` lines (osm2pgsql, tegola) or folders of them (imposm): the boxes around what they name.
 * Lists without a tile say that nothing changed. Throws `INVALID_OPTION` for what cannot be read, and for a line that names
 * no tile, with its number: a part of a list would leave old tiles.
 */
export async function readExpireLists(paths: readonly string[]): Promise<ExpireFields> {
  const coalescer = createCoalescer();
  for (const path of paths) for (const file of await filesOf(path)) await readList(file, coalescer.add);
  const found = coalescer.result();
  return found ?? { changed: false };
}

async function filesOf(path: string): Promise<string[]> {
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

async function readList(file: string, add: ReturnType<typeof createCoalescer>['add']): Promise<void> {
  const { createReadStream } = await import('node:fs');
  const { createInterface } = await import('node:readline');
  let number = 0;
  try {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      number += 1;
      if (line.trim() === '') continue;
      const tile = parseTileLine(line);
      if (!tile) throw unreadable(file, `names no tile in line ${number}`);
      add(tile);
    }
  } catch (error) {
    throw error instanceof TileCacheError ? error : unreadable(file, 'cannot be read', error);
  }
}

function unreadable(path: string, why: string, cause?: unknown): TileCacheError {
  return new TileCacheError(
    {
      code: 'INVALID_OPTION',
      field: '--expire',
      message: `--expire: ${path} ${why}.`,
      remedy: 'Give files of z/x/y lines, or a folder that holds nothing else.',
    },
    { cause },
  );
}
