import type { Found } from '../lookup/found';
import type { Wanted } from '../lookup/wanted';
import { isNegative } from '../http/statuses';
import type { Tile } from '../store/tile-store';
import { written } from './ask-origin';
import type { FillTools } from './fill-tools';
import type { PackItem } from '../store/pack';
import { isFresh } from './right';

/** A stored tile in the form that a pack takes. */
export interface FromStore {
  item: Omit<PackItem, 'key'>;
  bytes: number;
}

/** Looks for a fresh tile that a map has stored, or that another region holds. `found`: for a request to the origin. */
export async function fromStore(
  wanted: Wanted,
  region: string,
  tools: FillTools,
): Promise<{ held: FromStore | undefined; found: Found }> {
  const found = await tools.lookup(wanted);
  return { held: await heldIn(found, wanted, region, tools), found };
}

async function heldIn(
  { stored, unsureVariant }: Found,
  wanted: Wanted,
  region: string,
  tools: FillTools,
): Promise<FromStore | undefined> {
  const { key, subject } = wanted;
  if (!stored || stored.verdict.rule !== 'none' || stored.verdict.otherVersion || unsureVariant) return undefined;
  const { tile } = stored;
  if (isNegative(tile) || !isFresh(tools, wanted, tile)) return undefined;
  const other = await tools.book.locate(subject, key);
  if (other && other.region !== region && other.tile.requestAt === tile.requestAt) {
    // The body stays in the other region's pack: it is stored once.
    const { entry, name } = other;
    const { status, headers, meta, length, crc } = entry;
    return { item: { status, headers, meta, body: { from: entry.from ?? name, length, crc } }, bytes: length };
  }
  return copy(tile);
}

async function copy(tile: Tile): Promise<FromStore | undefined> {
  // No script can read an opaque answer.
  const blob = tile.blob ?? (tile.response?.type === 'opaque' ? undefined : await tile.response?.blob());
  if (!blob) return undefined;
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const headers = new Headers(tile.headers);
  headers.delete('x-sw-tile-cache');
  return { item: { ...written({ ...tile, headers }), body: bytes }, bytes: bytes.byteLength };
}
