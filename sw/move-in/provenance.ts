/** Where a tile that moved in comes from. */
export interface Provenance {
  /** The move that stored the tile. */
  job: string;
  /** The name of the old store. */
  from: string;
}

/** The header of a pack's entry that holds the provenance, and of an entry that says that the tile was removed. */
export const MOVED_HEADER = 'x-sw-tile-cache-moved';

export const encodeProvenance = ({ job, from }: Provenance): string => `${job};${encodeURIComponent(from)}`;

export function decodeProvenance(value: string): Provenance {
  const [job = '', from = ''] = value.split(';');
  return { job, from: decodeURIComponent(from) };
}
