import type { TileId } from './tile';

/** Selects the stored tiles that `entries` lists. */
export interface EntriesQuery {
  /** The layer's name in the worker. @default all */
  layer?: string;
  /** Only this zoom. @default all */
  zoom?: number;
  /** Lists only tiles of at least this age, in seconds. @default all */
  older?: number;
  /** Maximum number of tiles, from 1 to 1000. @default 100 */
  limit?: number;
  /** The cursor of the previous page. @default the beginning */
  cursor?: string;
}

/** A stored tile in a list. */
export interface StoredEntry {
  /** The layer's name in the worker. */
  layer: string;
  /** The tile. Absent for URLs without z/x/y. */
  tile?: TileId;
  /** The key in readable form, without secrets. */
  key: string;
  /** Bytes of the body and the headers. */
  bytes: number;
  /** Epoch milliseconds of the last recorded use. */
  usedAt: number;
  /** The version in the name of the tile's cache. */
  cache: string;
  /** Age in seconds (RFC 9111 section 4.2.3). */
  age: number;
  /** Status code; 0 for an opaque response. */
  status: number;
  /** Content type. */
  type: string | undefined;
  /** The version that the tile is known to have; '' if unknown. */
  version: string;
  /** The region that contains the tile. Absent: the tile has an entry of its own. */
  region?: string;
}

/** One page of a list. A page may hold fewer tiles than its limit, even none, without being the last one. */
export interface EntriesPage {
  /** The tiles, ordered by the names of their caches and their keys. */
  entries: StoredEntry[];
  /** The cursor of the next page. Absent: this is the last page. */
  cursor?: string;
}

/** The number of stored tiles of a layer, by zoom, as far as counted. */
export interface ZoomCounts {
  /** Tiles and bytes of each zoom; `other` counts URLs without z/x/y. */
  zooms: Record<string, { tiles: number; bytes: number }>;
  /** The cursor to continue counting. Absent: all tiles are counted. */
  cursor?: string;
}
