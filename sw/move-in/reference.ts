import { decodeMeta, encodeMeta, type TileMeta } from '../store/tile-meta';

/**
 * A reference to a tile in a pack. Browsers take some milliseconds to write a body, however small, so a move writes
 * many bodies as one pack. Under each tile's own key it stores a response without a body: this reference and the fields
 * that every stored tile has. A worker without `moveIn()` ignores it, because its header has a different name.
 */
export interface Reference {
  /** The key of the pack in the same cache. */
  pack: string;
  offset: number;
  length: number;
  /** The move that stored the tile. */
  job: string;
  /** The name of the old store. */
  from: string;
  meta: TileMeta;
}

export const REFERENCE_HEADER = 'x-sw-tile-cache-moved';

export function encodeReference({ pack, offset, length, job, from, meta }: Reference): string {
  return [pack, offset, length, job, encodeURIComponent(from), encodeMeta(meta)].join(';');
}

/** Returns `undefined` for anything but a reference of this release. */
export function decodeReference(value: string | null): Reference | undefined {
  const [pack, offset, length, job, from, written] = value?.split(';') ?? [];
  const meta = written === undefined ? undefined : decodeMeta(written);
  if (!meta || !pack || job === undefined || from === undefined) return undefined;
  return { pack, offset: Number(offset), length: Number(length), job, from: decodeURIComponent(from), meta };
}
