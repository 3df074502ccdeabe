import type { EntriesPage, EntriesQuery, StoredEntry, ZoomCounts } from '../../src/shared/inspect-entries';
import { isInteger, isLayerName, refuse } from '../../src/shared/validate';
import { currentAge } from '../http/freshness';
import type { IndexRow } from '../index/index-database';
import { isKeptCursor, KEPT_START, listKept } from './kept-entries';
import { versionIn } from './stored-facts';
import { tileOfKey } from './tile-of-key';
import type { InspectTools } from './tools';

/** Rows of the index to read at once. */
const SLICE = 500;
/** The most rows that one page examines, so that a filter with few matches does not search the whole index. */
const MAX_ROWS = 10_000;
/** `MAX_READS`: the most tiles whose headers one page reads. `AT_ONCE`: how many it reads at once. */
const MAX_READS = 1000;
const AT_ONCE = 16;
const CODE = 'INVALID_MESSAGE';
/** A suffix that sorts after every row of a cache. */
const LAST = '\uffff';

/** True for an auxiliary entry, which is no tile of its own. */
const isAuxiliary = (key: string) => /~(hidden|opaque|moved)$/.test(key);

/** Yields the rows of a layer's caches, in slices, from the cursor on. */
async function* rowsFrom({ store, index, sleep }: InspectTools, layer: string | undefined, cursor: string | undefined) {
  await index.flush();
  const names = (await store.list())
    .filter((cache) => cache.layer !== '' && (layer === undefined || cache.layer === layer))
    .map(({ name }) => name)
    .sort();
  let id = cursor ?? '';
  for (const name of names) {
    const [from, to] = [`${name} `, `${name} ${LAST}`];
    // The names have the order of the index: earlier pages have listed the rows before the cursor.
    if (to <= id) continue;
    let after = id > from ? id : from;
    for (;;) {
      const rows = await index.after(after, to, SLICE);
      yield rows;
      if (rows.length < SLICE) break;
      after = rows.at(-1)!.id;
      // Yield to requests for tiles.
      await sleep(0);
    }
    id = to;
  }
}

/**
 * Lists one page of stored tiles, and after them the tiles in regions' packs. Reads a bounded number of rows and
 * headers, in slices. Throws `INVALID_MESSAGE`.
 */
export async function listEntries(tools: InspectTools, query: EntriesQuery): Promise<EntriesPage> {
  const { layer, zoom, older, limit = 100, cursor } = query;
  if (layer !== undefined && !isLayerName(layer)) refuse(CODE, 'layer', 'a string of 1 to 128 characters');
  if (zoom !== undefined && !isInteger(zoom, 0, 30)) refuse(CODE, 'zoom', 'an integer from 0 to 30');
  if (older !== undefined && !(typeof older === 'number' && older >= 0)) refuse(CODE, 'older', 'seconds, 0 or more');
  if (!isInteger(limit, 1, MAX_READS)) refuse(CODE, 'limit', `an integer from 1 to ${MAX_READS}`);
  if (cursor !== undefined && typeof cursor !== 'string') refuse(CODE, 'cursor', 'the cursor of the previous page');
  const isWanted = ({ tile, age }: StoredEntry) =>
    (zoom === undefined || tile?.z === zoom) && (older === undefined || age >= older);
  const keptFrom = (cursor: string, left: number) => listKept(tools, { layer, isWanted, limit: left, cursor });
  if (isKeptCursor(cursor)) return keptFrom(cursor, limit);
  const entries: StoredEntry[] = [];
  let seen = 0;
  let reads = 0;
  for await (const slice of rowsFrom(tools, layer, cursor)) {
    for (let at = 0; at < slice.length; at += AT_ONCE) {
      const rows = slice.slice(at, at + AT_ONCE);
      const wanted = rows.filter(({ key }) => !isAuxiliary(key) && (zoom === undefined || tileOfKey(key)?.z === zoom));
      const read = await Promise.all(wanted.map((row) => readEntry(tools, row)));
      seen += rows.length;
      reads += wanted.length;
      for (const [i, entry] of read.entries()) {
        if (!entry || !isWanted(entry)) continue;
        entries.push(entry);
        if (entries.length === limit) return { entries, cursor: wanted[i]!.id };
      }
      if (seen >= MAX_ROWS || reads >= MAX_READS) return { entries, cursor: rows.at(-1)!.id };
    }
  }
  const kept = await keptFrom(KEPT_START, limit - entries.length);
  return { ...kept, entries: [...entries, ...kept.entries] };
}

/** Resolves with `undefined` for a row whose tile is gone: the index may be inaccurate. */
async function readEntry({ store, now }: InspectTools, row: IndexRow): Promise<StoredEntry | undefined> {
  const { cacheName, key, layer, bytes, usedAt } = row;
  const stored = await store.match(cacheName, key).catch(() => undefined);
  if (!stored) return undefined;
  const tile = tileOfKey(key);
  return {
    layer,
    ...(tile && { tile }),
    key,
    // The row of a tile in a pack has only the size of its headers.
    bytes: stored.blob?.size ?? bytes,
    usedAt,
    cache: versionIn(cacheName),
    age: currentAge(stored, now()),
    status: stored.status,
    type: stored.headers.get('content-type') ?? undefined,
    version: stored.meta.version,
  };
}

/** Counts stored tiles by zoom, in slices. Returns a cursor if there are more. */
export async function countZooms(
  tools: InspectTools,
  { layer, cursor }: { layer?: string; cursor?: string },
): Promise<ZoomCounts> {
  if (layer !== undefined && !isLayerName(layer)) refuse(CODE, 'layer', 'a string of 1 to 128 characters');
  const zooms: ZoomCounts['zooms'] = {};
  let seen = 0;
  for await (const rows of rowsFrom(tools, layer, cursor)) {
    for (const { key, bytes } of rows) {
      const sum = (zooms[tileOfKey(key)?.z ?? 'other'] ??= { tiles: 0, bytes: 0 });
      if (!isAuxiliary(key)) sum.tiles += 1;
      sum.bytes += bytes;
    }
    seen += rows.length;
    if (seen >= MAX_ROWS) return { zooms, cursor: rows.at(-1)!.id };
  }
  return { zooms };
}
