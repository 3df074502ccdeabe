import { isOwnKey } from '../store/tile-key';
import { reportedByDone } from '../util/reported-by-done';
import { addTotals, type CacheTotals, type IndexConnection, type IndexRow } from './index-database';

/** Milliseconds. A use this soon after the recorded one is not written again. */
const TOUCH_GRAIN = 60_000;
/** The most rows that one transaction deletes. */
const SLICE = 500;

function begin(connection: IndexConnection) {
  const tx = connection.transaction(['tiles', 'totals'], 'readwrite', { durability: 'relaxed' });
  tx.done.catch(() => {});
  return { tx, tiles: tx.objectStore('tiles'), totals: tx.objectStore('totals') };
}

/** Writes the rows of stored tiles, the uses of others, and the totals of their caches. */
export async function writeRows(
  connection: IndexConnection,
  rows: readonly IndexRow[],
  used: readonly IndexRow[],
): Promise<void> {
  const { tx, tiles, totals } = begin(connection);
  const sums = new Map<string, CacheTotals>();
  const all = [...rows, ...used];
  const before = await Promise.all(all.map((row) => tiles.get(row.id)));
  all.forEach((row, i) => {
    const old = before[i];
    const touch = i >= rows.length;
    if (touch && old && row.usedAt - old.usedAt < TOUCH_GRAIN) return;
    // A use of a tile without a row repairs the index.
    reportedByDone(tiles.put(touch && old ? { ...old, usedAt: row.usedAt } : row));
    const sum = sums.get(row.cacheName) ?? { tiles: 0, bytes: 0, layer: row.layer };
    sum.tokens ||= isOwnKey(row.key);
    sum.tiles += old ? 0 : 1;
    sum.bytes += touch && old ? 0 : row.bytes - (old?.bytes ?? 0);
    sums.set(row.cacheName, sum);
  });
  await addTotals(totals, sums);
  await tx.done;
}

/** Deletes the rows that exist. */
export async function removeRows(connection: IndexConnection, rows: readonly IndexRow[]): Promise<void> {
  const { tx, tiles, totals } = begin(connection);
  const sums = new Map<string, CacheTotals>();
  const found = await Promise.all(rows.map((row) => tiles.getKey(row.id)));
  rows.forEach((row, i) => {
    if (found[i] === undefined) return;
    reportedByDone(tiles.delete(row.id));
    const sum = sums.get(row.cacheName) ?? { tiles: 0, bytes: 0, layer: row.layer };
    sums.set(row.cacheName, { ...sum, tiles: sum.tiles - 1, bytes: sum.bytes - row.bytes });
  });
  await addTotals(totals, sums);
  await tx.done;
}

/** Deletes a slice of a deleted cache's rows. Resolves with true while there may be more. */
export async function dropSlice(connection: IndexConnection, cacheName: string): Promise<boolean> {
  const { tx, tiles, totals } = begin(connection);
  const rows = await tiles.index('cache').getAll(IDBKeyRange.bound([cacheName], [cacheName, []]), SLICE);
  for (const { id } of rows) reportedByDone(tiles.delete(id));
  // Keep the totals correct after each slice: nobody resumes this work if the browser stops the worker here.
  const bytes = -rows.reduce((all, row) => all + row.bytes, 0);
  if (rows.length < SLICE) reportedByDone(totals.delete(cacheName));
  else await addTotals(totals, new Map([[cacheName, { tiles: -rows.length, bytes, layer: rows[0]!.layer }]]));
  await tx.done;
  return rows.length === SLICE;
}
