import type { TileCrs } from './tile';

/** How long a response may be used, in seconds. Names are the directives of RFC 9111 and RFC 5861. */
export interface Windows {
  /** Seconds a response is fresh. Fills in what the origin left out; with `override` it wins. */
  maxAge?: number;
  /** Seconds after `maxAge` in which a stale tile is answered at once and validated behind (RFC 5861 section 3). */
  staleWhileRevalidate?: number;
  /** Seconds after `maxAge` in which a stale tile may stand in for a failed origin (RFC 5861 section 4). `Infinity` is allowed. */
  staleIfError?: number;
}

/** What happens to a layer's tiles when its version changes. */
export type VersionPolicy = 'revalidate' | 'serve-stale' | 'discard';

/** Options of one layer; every one has a default. */
export interface LayerOptions extends Windows {
  /**
   * Which URLs belong to the layer: `{layer} {z} {x} {y} {-y} {quadkey} {bbox-epsg-3857} {s} {version} {r}`, `*` at the
   * end for any rest. Templates that differ in nothing but their host are mirrors: they share one store.
   * A path is matched on the worker's own origin, an absolute URL on its own.
   * @default '/tiles/{layer}/*'
   */
  template?: string | readonly string[];
  /**
   * A PMTiles archive that the layer's tiles are read out of, in place of a tile server: a URL of the own or another
   * origin, relative to the worker's scope. Its ETag is the layer's version. Needs `archives: pmtiles()`. Other defaults
   * follow: `freshness: 'version'`, `maxAge: 60`, `staleWhileRevalidate: 604800`, `staleIfError: Infinity`,
   * `concurrency: 64`, `maxZoom: 26`. @default none
   */
  archive?: string;
  /** @default 'xyz' */
  scheme?: 'xyz' | 'tms';
  /** The grid of the tiles; what a WMS or WMTS request says of its own comes first. @default 'EPSG:3857' */
  crs?: TileCrs;
  /** The highest zoom that is a tile's, up to 52. @default 30 */
  maxZoom?: number;
  /** `'version'`: a tile of the confirmed version is fresh for `maxAge` after the confirmation. @default 'header' */
  freshness?: 'header' | 'version';
  /**
   * `'always'`: when the network is gone, and only then, a stored tile is shown however old it is, also past `no-cache`,
   * `must-revalidate` and `staleIfError`, marked as stale. For an operator who may say so: RFC 9111 section 4.2.4
   * leaves it to no cache. What was purged, and what `discard` hides, stays away. @default 'default'
   */
  offline?: 'default' | 'always';
  /** The layer's windows win over the origin's, but never past no-store, no-cache or must-revalidate. @default false */
  override?: boolean;
  /** @default 'revalidate' */
  versionPolicy?: VersionPolicy;
  /** The origin answers a versioned URL with that version only. @default false */
  versionedUrls?: boolean;
  /**
   * The query parameter that carries the version. Named, its values are versions of the same tiles; otherwise `v` may be
   * anything, and two of its values only stand in for each other once one of them was announced.
   * @default 'v'
   */
  versionParam?: string;
  /** The response header that names the version. @default 'X-Tile-Version' */
  versionHeader?: string;
  /**
   * Seconds after a change of the version in which an edge may still answer the version before. A tile fetched in that time
   * of which no header and no URL says the version is not fresh before the origin was asked once more. 0: never. @default 30
   */
  settleTime?: number;
  /** Accepted content types (`image/png`, `image/*`). @default everything but HTML and scripts */
  accept?: readonly string[];
  /** Query parameters that do not change the tile; `*` at a name's end stands for any rest. @default [] */
  ignoreParams?: readonly string[];
  /**
   * Query parameters that are secrets: only their hash enters a key. `*` at a name's end stands for any rest.
   * @default access_token, token, key, apikey, signature, sig, appid, x-amz-*, …
   */
  secretParams?: readonly string[];
  /** Query parameters that are no secrets: keys show their values; those of other names are hashed. @default [] (besides layers, format, width, …) */
  plainParams?: readonly string[];
  /**
   * Fields of `Vary` that do not change the tile, in any case (`['Cookie']`); `true`: none does, not even `*`. A worker
   * does not see cookies: tiles that vary on them are asked for each time, and not there offline, until this says that
   * all users get the same (RFC 9111 section 4.1). @default []
   */
  ignoreVary?: true | readonly string[];
  /** All credentials see the same tiles. @default false */
  shareAcrossCredentials?: boolean;
  /** Store opaque (no-cors cross-origin) responses, about 6 MB of quota each. @default false */
  opaque?: boolean;
  /** Tiles kept at most. @default 20000 */
  maxEntries?: number;
  /** Bytes kept at most. @default 268435456 (256 MiB) */
  maxBytes?: number;
  /**
   * Seconds that a page waits for the network while something usable is stored: then the stored tile is answered, and
   * what the network says later is stored and told. 0 answers at once. @default 1
   */
  patience?: number;
  /**
   * Seconds after which a request is given up that nothing has come of, and a body of which nothing more comes. The wait
   * for a free slot does not count. @default none: a tile that nobody has stored is waited for as long as the browser would
   */
  timeout?: number;
  /** Requests of the layer to the origin at once, whatever fails; over HTTP/1.1 at most 6, as the browser has it. @default 16 */
  concurrency?: number;
  /**
   * Seconds for which an answer that says there is no tile (404, 410, 204, an empty one) holds where the origin does not
   * say it, and at most where it hides a good tile. No stale window follows. @default 60
   */
  negativeMaxAge?: number;
  /** Seconds up to which an origin is obeyed that says how long such an answer holds. @default 3600 */
  maxNegativeAge?: number;
  /** Keeps one user's tiles from another's: a name, or a synchronous function of the request. */
  partition?: string | ((request: Request) => string | undefined);
}

/** A layer with every default filled in. Windows stay `undefined` where neither user nor preset gave one. */
export interface ResolvedLayer {
  name: string;
  templates: readonly string[];
  archive: string | undefined;
  scheme: 'xyz' | 'tms';
  crs: TileCrs;
  maxZoom: number;
  freshness: 'header' | 'version';
  maxAge: number | undefined;
  staleWhileRevalidate: number | undefined;
  staleIfError: number | undefined;
  offline: 'default' | 'always';
  override: boolean;
  versionPolicy: VersionPolicy;
  versionedUrls: boolean;
  versionParam: string;
  /** The options say that what a URL carries in the version's place is a version. */
  versioned: boolean;
  versionHeader: string;
  /** Seconds. */
  settleTime: number;
  accept: readonly string[] | undefined;
  ignoreParams: readonly string[];
  secretParams: readonly string[];
  plainParams: readonly string[];
  ignoreVary: true | readonly string[];
  shareAcrossCredentials: boolean;
  opaque: boolean;
  maxEntries: number;
  maxBytes: number;
  /** Seconds. */
  patience: number;
  /** Seconds; `undefined`: as long as the browser waits. */
  timeout: number | undefined;
  negativeMaxAge: number;
  maxNegativeAge: number;
  concurrency: number;
  partition: string | ((request: Request) => string | undefined) | undefined;
  /** Windows apply only where the origin sends neither Cache-Control nor Expires (the catch-all layer). */
  catchAll: boolean;
}
