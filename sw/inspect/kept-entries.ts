import type { EntriesPage, StoredEntry } from '../../src/shared/inspect-entries';
import { currentAge } from '../http/freshness';
import { tileOfKey } from './tile-of-key';
import type { InspectTools } from './tools';

/** The most packs that one page opens. */
const MAX_PACKS = 20;
const CURSOR = /^kept (\d{1,9}) (\d{1,9})$/;

/** The cursor at which regions' packs begin. Tiles with entries of their own come before. */
export const KEPT_START = 'kept 0 0';
/** True for a cursor in the packs of regions. */
export const isKeptCursor = (cursor: string | undefined): cursor is string =>
  cursor !== undefined && CURSOR.test(cursor);

/** Lists one page of the tiles in regions' packs. */
export async function listKept(
  { kept, now }: Pick<InspectTools, 'kept' | 'now'>,
  { layer, isWanted, limit, cursor }: ListKept,
): Promise<EntriesPage> {
  const [from = 0, first = 0] = CURSOR.exec(cursor)!.slice(1).map(Number);
  const entries: StoredEntry[] = [];
  let opened = 0;
  for await (const pack of kept?.packs?.(layer, from) ?? []) {
    if (opened >= MAX_PACKS) return { entries, cursor: `kept ${pack.at} 0` };
    opened += 1;
    for (const [i, { key, bytes, tile: stored }] of pack.entries.entries()) {
      if (pack.at === from && i < first) continue;
      if (entries.length >= limit) return { entries, cursor: `kept ${pack.at} ${i}` };
      const tile = tileOfKey(key);
      const entry: StoredEntry = {
        layer: pack.layer,
        ...(tile && { tile }),
        key,
        bytes,
        // Packs are never evicted, so nothing records their uses.
        usedAt: stored.responseAt,
        cache: '',
        age: currentAge(stored, now()),
        status: stored.status,
        type: stored.headers.get('content-type') ?? undefined,
        version: stored.meta.version,
        region: pack.region,
      };
      if (isWanted(entry)) entries.push(entry);
    }
  }
  return { entries };
}

interface ListKept {
  layer: string | undefined;
  isWanted: (entry: StoredEntry) => boolean;
  limit: number;
  cursor: string;
}
