import { readWord, type Readers, record, refuse, rule, text, word } from './validate';

/** Where tiles lie that something else has stored in this browser. */
export type MoveInFrom = 'workbox' | 'leaflet.offline' | 'mapbox-gl';

/** What `client.moveIn` takes over. */
export interface MoveIn {
  /**
   * Who stored them. `workbox`: a runtime cache of Workbox, or any other cache whose keys are the tiles' URLs;
   * `leaflet.offline`: its database, as versions 2 and 3 write it; `mapbox-gl`: the cache that mapbox-gl keeps.
   */
  from: MoveInFrom;
  /** The name of the cache; needed for `workbox`. @default 'mapbox-tiles' for `mapbox-gl` */
  cache?: string;
  /** The name of the database of `leaflet.offline`. @default 'leaflet.offline' */
  database?: string;
  /**
   * What the map adds to its URLs and the old store has left out, as in a URL: `access_token=pk.…`. mapbox-gl stores URLs
   * without their query. A parameter that a URL has already stays as it is. @default ''
   */
  query?: string;
  /**
   * Deletes what was taken from the old store, after all of it lies here, and nothing else. A tile that was refused or
   * skipped stays there. @default false
   */
  deleteAfter?: boolean;
}

/**
 * Why a tile was not taken. `no-layer`: its URL is no configured layer's; `status`: another than 200, or a part;
 * `opaque`: nobody can look into it; `no-store`: its headers forbid to store it; `implausible`: its body is no whole tile,
 * or an HTML page in place of one; `purged`: an invalidation or a log-out covers it; `version`: the layer has gone on to
 * another version, or shows nothing of an unknown one; `quota`: there is no room; `unreadable`: it is gone or damaged;
 * `storage`: the browser did not store it.
 */
export type MoveInRefusal =
  | 'no-layer'
  | 'status'
  | 'opaque'
  | 'no-store'
  | 'implausible'
  | 'purged'
  | 'version'
  | 'quota'
  | 'unreadable'
  | 'storage';

/** What became of the tiles of the old store. */
export interface MoveInResult {
  /** Tiles that lie here now. */
  taken: number;
  /** Tiles that were not taken, by reason. */
  refused: Partial<Record<MoveInRefusal, number>>;
  /** Tiles of which one lies here already, which stays. */
  skipped: number;
  /** Tiles that were deleted from the old store. */
  deleted: number;
}

/** How far a move has come. */
export interface MoveInProgress extends MoveInResult {
  /** Entries of the old store that were looked at. */
  seen: number;
  /** Entries that it has. */
  total: number;
}

/** What a page asks of the worker for one slice of a move. */
export interface MoveInCommand extends MoveIn {
  /** Tells one move from another; the same in all of its slices. */
  job: string;
  /** Taking comes first, deleting last. */
  pass: 'take' | 'delete';
  /** Where the slice before ended; absent: at the beginning. */
  after?: number;
  /** What a stored URL is relative to. */
  base?: string;
}

/** What one slice did. */
export interface MoveInSlice extends MoveInProgress {
  /** Where the next slice begins; absent: there is none. */
  after?: number;
}

const CODE = 'INVALID_OPTION';
const MAX_NAME = 1024;
const FROM: readonly MoveInFrom[] = ['workbox', 'leaflet.offline', 'mapbox-gl'];
const name = rule<string>(
  (value) => typeof value === 'string' && value.length > 0 && value.length <= MAX_NAME,
  `1 to ${MAX_NAME} characters`,
);

const readers: Readers<MoveInCommand> = {
  from: word(...FROM),
  cache: name,
  database: name,
  query: text(/^[^#\s]{0,4096}$/, 'a query as it stands in a URL, without # and spaces'),
  deleteAfter: rule<boolean>((value) => typeof value === 'boolean', 'true or false'),
  job: text(/^[\w-]{1,64}$/, '1 to 64 letters and digits'),
  pass: word('take', 'delete'),
  after: rule<number>((value) => Number.isSafeInteger(value), 'what the slice before gave'),
  base: text(/^https?:\/\/\S{1,2048}$/, 'an address'),
};

/** Throws `INVALID_OPTION`, naming the field. */
export function readMoveIn(data: unknown): MoveInCommand {
  const read = record<MoveInCommand>(readers, CODE)(data, '', CODE);
  readWord(read.from, FROM, 'from', CODE);
  if (read.from === 'workbox' && read.cache === undefined)
    refuse(CODE, 'cache', "the name of Workbox's runtime cache (its cacheName)");
  const other = read.from === 'leaflet.offline' ? 'cache' : 'database';
  if (read[other] !== undefined) refuse(CODE, other, `absent for ${read.from}`);
  return read;
}
