import { decodeMeta } from '../store/tile-meta';
import type { Tile } from '../store/tile-store';
import type { PackEntry } from '../store/pack';

/** Returns the tile of a pack's entry, without its body; `undefined` for an entry that another release wrote. */
export function entryTile({ key, status, headers, meta: written }: PackEntry, cacheName: string): Tile | undefined {
  const meta = decodeMeta(written);
  if (!meta) return undefined;
  const { requestAt, responseAt, clockAhead } = meta;
  const own = {
    status,
    headers: new Headers(headers),
    requestAt,
    responseAt,
    meta,
    cacheName,
    key,
    kept: true as const,
  };
  return clockAhead ? { ...own, clockAhead } : own;
}
