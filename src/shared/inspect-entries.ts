import type { TileId } from './tile';

/** Which stored tiles `entries` lists. */
export interface EntriesQuery {
  /** The layer's name in the worker. @default all */
  layer?: string;
  /** Only this zoom. @default all */
  zoom?: number;
  /** Only tiles whose age is at least so many seconds. @default all */
  older?: number;
  /** Tiles at most, 1 to 1000. @default 100 */
  limit?: number;
  /** Where the page before has ended. @default the beginning */
  cursor?: string;
}

/** One stored tile of a list. */
export interface StoredEntry {
  /** The layer's name in the worker. */
  layer: string;
  /** Absent for URLs without z/x/y. */
  tile?: TileId;
  /** What a key shows: no secret. */
  key: string;
  /** Of body and headers. */
  bytes: number;
  /** Epoch milliseconds of the last noted use. */
  usedAt: number;
  /** The version after which its cache is named. */
  cache: string;
  /** Seconds (RFC 9111 section 4.2.3). */
  age: number;
  /** Status code; 0 for an opaque response. */
  status: number;
  /** Content type. */
  type: string | undefined;
  /** The version that there is evidence for; '' for none. */
  version: string;
  /** Of the region that holds it; others lie each in an entry of its own. */
  region?: string;
}

/** One page of a list. A page may hold fewer tiles than its limit, even none, and yet not be the last one. */
export interface EntriesPage {
  /** In the order of their caches' names and keys. */
  entries: StoredEntry[];
  /** Absent: this was the last page. */
  cursor?: string;
}

/** Stored tiles of a layer by zoom; as far as was counted. */
export interface ZoomCounts {
  /** Tiles and bytes; `other`: URLs without z/x/y. */
  zooms: Record<string, { tiles: number; bytes: number }>;
  /** Absent: all were counted. */
  cursor?: string;
}
