import { readWord, type Readers, record, refuse, rule, text, word } from './validate';

/** The kinds of store from which the worker can take over tiles. */
export type MoveInFrom = 'workbox' | 'leaflet.offline' | 'mapbox-gl';

/** The tiles that `client.moveIn` takes over. */
export interface MoveIn {
  /**
   * Which library stored the tiles. `workbox`: a runtime cache of Workbox, or any other cache whose keys are the tiles' URLs.
   * `leaflet.offline`: its database, as versions 2 and 3 write it. `mapbox-gl`: the cache that mapbox-gl keeps.
   */
  from: MoveInFrom;
  /** The name of the cache; needed for `workbox`. @default 'mapbox-tiles' for `mapbox-gl` */
  cache?: string;
  /** The name of the database of `leaflet.offline`. @default 'leaflet.offline' */
  database?: string;
  /**
   * Query parameters that the map's URLs have and the stored URLs lack: `access_token=pk.…`. mapbox-gl stores URLs without
   * their query. A parameter that a stored URL has already stays as it is.
   * @default ''
   */
  query?: string;
  /**
   * Deletes the tiles that were taken over from the old store, once all of them are stored here, and nothing else. A tile
   * that was refused or skipped stays in the old store.
   * @default false
   */
  deleteAfter?: boolean;
}

/**
 * Why the worker did not take over a tile. `no-layer`: no configured layer has its URL. `status`: its status is not 200, or it
 * is a partial response. `opaque`: the response cannot be read. `no-store`: its headers forbid storing it. `implausible`: its
 * body is not a complete tile, or is an HTML page. `purged`: an invalidation or a `clear` covers it. `version`: the layer has
 * another version now, or does not show tiles of unknown version. `quota`: there is no room. `unreadable`: it is gone or
 * damaged. `storage`: the browser did not store it.
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

/** The results for the tiles of the old store. */
export interface MoveInResult {
  /** Tiles that were taken over. */
  taken: number;
  /** Tiles that were not taken, by reason. */
  refused: Partial<Record<MoveInRefusal, number>>;
  /** Tiles that the worker had already, and kept. */
  skipped: number;
  /** Tiles that were deleted from the old store. */
  deleted: number;
}

/** The progress of a move. */
export interface MoveInProgress extends MoveInResult {
  /** Entries of the old store that have been read. */
  seen: number;
  /** All entries of the old store. */
  total: number;
}

/** A page's command to the worker for one slice of a move. */
export interface MoveInCommand extends MoveIn {
  /** The id of the move, the same for all of its slices. */
  job: string;
  /** `take` comes first, `delete` last. */
  pass: 'take' | 'delete';
  /** The place where the previous slice ended; absent at the beginning. */
  after?: number;
  /** The base of relative stored URLs. */
  base?: string;
}

/** The results of one slice. */
export interface MoveInSlice extends MoveInProgress {
  /** The place where the next slice begins; absent if there is none. */
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
