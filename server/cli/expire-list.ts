import { TileCacheError } from '../../src/shared/errors';
import { parseTileLine } from '../publish/coalesce';
import type { TileId } from '../../src/shared/tile';
import { filesBelow, linesOf } from './read-lines';

/** Whether imposm is still writing the file: it renames `….tiles~` at the end. Half a line may name another tile. */
const isUnfinished = (file: string) => file.endsWith('~');

/**
 * Reads expire lists tile by tile: files of `z/x/y` lines (osm2pgsql, tegola) or folders of them (imposm). Throws
 * `INVALID_OPTION` for a path that cannot be read, and for a line that names no tile, with its number, because a
 * partial list would leave tiles old.
 */
export async function* readExpireLists(paths: readonly string[]): AsyncGenerator<TileId> {
  for (const path of paths)
    for await (const file of filesBelow(path, unreadable)) {
      if (file !== path && isUnfinished(file)) continue;
      let number = 0;
      for await (const line of linesOf(file, unreadable)) {
        number += 1;
        if (line.trim() === '') continue;
        const tile = parseTileLine(line);
        if (!tile) throw unreadable(file, `names no tile in line ${number}`);
        yield tile;
      }
    }
}

function unreadable(path: string, why: string, cause?: unknown): TileCacheError {
  return new TileCacheError(
    {
      code: 'INVALID_OPTION',
      field: '--expire',
      message: `--expire: ${path} ${why}.`,
      remedy: 'Give files of z/x/y lines, or a folder that contains nothing else.',
    },
    { cause },
  );
}
