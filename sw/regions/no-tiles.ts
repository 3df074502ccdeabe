import { hilbertId } from '../../src/shared/hilbert';
import { MAX_REGION_TILES } from '../../src/shared/regions';
import type { TileId } from '../../src/shared/tile';
import { refuse } from '../../src/shared/validate';
import { FILE_REMEDY } from './file-format';

/** Tiles of which the origin has said that there are none, as runs of their places in an archive, in order. */
export type NoTiles = Array<[status: number, first: number, count: number]>;

/** The statuses that say so by themselves. */
const STATUSES: readonly unknown[] = [204, 404, 410];

/** Makes the runs for an archive's metadata, because the archive itself has no place for them. */
export function runsOfNone(none: Iterable<{ tile: TileId; status: number }>): NoTiles {
  const runs: NoTiles = [];
  const sorted = Array.from(none, ({ tile, status }) => ({ id: hilbertId(tile), status })).sort((a, b) => a.id - b.id);
  for (const { id, status } of sorted) {
    const last = runs.at(-1);
    if (last && last[0] === status && last[1] + last[2] === id) last[2] += 1;
    else runs.push([status, id, 1]);
  }
  return runs;
}

/**
 * Reads the statuses by their places in the archive. Throws `INVALID_OPTION` for a value that `runsOfNone` did not
 * write.
 */
export function readNoTiles(value: unknown): ReadonlyMap<number, number> {
  const none = new Map<number, number>();
  for (const run of Array.isArray(value) ? (value as unknown[]) : []) {
    const [status, first, count] = (Array.isArray(run) ? run : []) as NoTiles[number];
    // A value that is no number fails these comparisons, or is no tile's place.
    if (!STATUSES.includes(status) || !(first >= 0) || !(count > 0 && none.size + count <= MAX_REGION_TILES))
      refuse('INVALID_OPTION', 'file', 'a file with runs of missing tiles', FILE_REMEDY);
    for (let i = 0; i < count; i += 1) none.set(first + i, status);
  }
  return none;
}
