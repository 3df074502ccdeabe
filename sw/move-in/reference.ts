import { decodeMeta, encodeMeta, type TileMeta } from '../store/tile-meta';

/**
 * Tiles that have moved in lie in packs: browsers take some milliseconds to write a body, however small. Under a tile's own
 * key lies a reference, without a body: the place in the pack, and what every stored tile carries. Its header has another
 * name than that of a tile, so that a worker without `moveIn()` takes it for nothing.
 */
export interface Reference {
  /** The address of the pack in the same cache. */
  pack: string;
  offset: number;
  length: number;
  /** The move that brought it. */
  job: string;
  /** The store that it came from. */
  from: string;
  meta: TileMeta;
}

export const REFERENCE_HEADER = 'x-sw-tile-cache-moved';

export function encodeReference({ pack, offset, length, job, from, meta }: Reference): string {
  return [pack, offset, length, job, encodeURIComponent(from), encodeMeta(meta)].join(';');
}

/** Undefined for what is no reference, or one of another release. */
export function decodeReference(value: string | null): Reference | undefined {
  const [pack, offset, length, job, from, written] = value?.split(';') ?? [];
  const meta = written === undefined ? undefined : decodeMeta(written);
  if (!meta || !pack || job === undefined || from === undefined) return undefined;
  return { pack, offset: Number(offset), length: Number(length), job, from: decodeURIComponent(from), meta };
}
