import type { TileCrs } from './tile';

/** How long a response may be used, in seconds. Names are the directives of RFC 9111 and RFC 5861. */
export interface Windows {
  /** Seconds for which a response is fresh. Applies where the origin says nothing; with `override` it wins. @default none */
  maxAge?: number;
  /** Seconds after `maxAge` in which the worker answers with a stale tile at once and validates it in the background (RFC 5861 section 3). @default none */
  staleWhileRevalidate?: number;
  /** Seconds after `maxAge` in which the worker may answer with a stale tile when the origin fails (RFC 5861 section 4). `Infinity` is allowed. @default none */
  staleIfError?: number;
}

/** What happens to a layer's tiles when its version changes. */
export type VersionPolicy = 'revalidate' | 'serve-stale' | 'discard';

/** Options of one layer; every one has a default. */
export interface LayerOptions extends Windows {
  /**
   * Which URLs belong to the layer: `{layer} {z} {x} {y} {-y} {quadkey} {bbox-epsg-3857} {s} {version} {r}`; `*` at the
   * end matches any rest. Templates that differ only in their host are mirrors: they share one store.
   * A path matches on the worker's own origin, an absolute URL on the origin that it names.
   * @default '/tiles/{layer}/*'
   */
  template?: string | readonly string[];
  /**
   * A PMTiles archive from which the worker reads the layer's tiles, in place of a tile server: a URL of this or another
   * origin, relative to the worker's scope. Its ETag is the layer's version. The option also accepts any other file that
   * pages read by ranges: such a layer has ranges and versions, but no tiles. Needs `archives: pmtiles()`. It changes the
   * defaults: `freshness: 'version'`, `maxAge: 60`, `staleWhileRevalidate: 604800`, `staleIfError: Infinity`, `concurrency:
   * 64`, `maxZoom: 26`. @default none
   */
  archive?: string;
  /** How rows are counted: `'xyz'` from the north, `'tms'` from the south. @default 'xyz' */
  scheme?: 'xyz' | 'tms';
  /** The grid of the tiles. A WMS or WMTS request that names its grid itself overrides this. @default 'EPSG:3857' */
  crs?: TileCrs;
  /** The highest zoom that the layer's tiles have, at most 52. @default 30 */
  maxZoom?: number;
  /** `'version'`: a tile of the confirmed version is fresh for `maxAge` after the confirmation. @default 'header' */
  freshness?: 'header' | 'version';
  /**
   * `'always'`: when the network is gone, and only then, the worker answers with a stored tile of any age, even against
   * `no-cache`, `must-revalidate` and `staleIfError`, and marks it as stale. RFC 9111 section 4.2.4 does not allow a cache
   * to decide this by itself; the operator of the layer may. Purged tiles, and tiles that `discard` hides, stay hidden.
   * @default 'default'
   */
  offline?: 'default' | 'always';
  /** The layer's windows win over the origin's, but never over no-store, no-cache or must-revalidate. @default false */
  override?: boolean;
  /**
   * What the worker does with a stored tile once the layer has a new version: `'revalidate'` validates it before use,
   * `'serve-stale'` answers with it at once and validates in the background, `'discard'` never shows it again.
   * @default 'revalidate'
   */
  versionPolicy?: VersionPolicy;
  /** The origin answers a versioned URL with that version only. @default false */
  versionedUrls?: boolean;
  /**
   * The query parameter that carries the version. If you name it, its values are versions of the same tiles. If you do
   * not, `v` may mean anything: the worker takes two of its values as versions only after the manifest announced one.
   * @default 'v'
   */
  versionParam?: string;
  /** The response header that names the version. @default 'X-Tile-Version' */
  versionHeader?: string;
  /**
   * Seconds after a change of the version in which a CDN edge may still answer with the previous version. When neither a
   * header nor the URL names the version of a tile that was fetched in that time, the worker validates the tile once more
   * before it counts as fresh. After an invalidation it does so if the response's `Age` says that the edge had stored the
   * tile more than this long before. 0 switches this off. @default 30
   */
  settleTime?: number;
  /** Accepted content types (`image/png`, `image/*`). @default everything but HTML and scripts */
  accept?: readonly string[];
  /**
   * Query parameters that do not change the tile, and request headers that do not although their names sound like
   * credentials (`session-id`); `*` at the beginning or end of a name matches any text. @default []
   */
  ignoreParams?: readonly string[];
  /**
   * Query parameters that are secrets: only their hash enters a key. `*` at the beginning or end of a name matches any text.
   * @default *token, key, *apikey, *signature, sig, appid, x-amz-*, …
   */
  secretParams?: readonly string[];
  /** Query parameters that are not secret: keys show their values, and hash all others. @default [] (besides layers, format, width, …) */
  plainParams?: readonly string[];
  /**
   * Names in `Vary` that do not change the tile (`['Cookie']`; upper and lower case are the same); `true`: no name does,
   * not even `*`. A worker cannot see cookies. So it validates tiles that vary on them before each use, and has none of
   * them offline, unless this option says that all users get the same tiles (RFC 9111 section 4.1). @default []
   */
  ignoreVary?: true | readonly string[];
  /** All users get the same tiles, whatever their credentials are: one store for all. @default false */
  shareAcrossCredentials?: boolean;
  /** Store opaque responses (cross-origin, without CORS). Each takes about 6 MB of quota. @default false */
  opaque?: boolean;
  /** The most tiles that the worker keeps. @default 20000 */
  maxEntries?: number;
  /** The most bytes that the worker keeps. @default 268435456 (256 MiB) */
  maxBytes?: number;
  /**
   * Seconds for which a page waits for the network while a usable tile is stored. After that the worker answers with the
   * stored tile; when the network answers later, the worker stores the new tile and reports it. 0 answers at once. @default 1
   */
  patience?: number;
  /**
   * Seconds without a byte after which the worker gives up a request, before the response or within its body. Waiting
   * for a free slot does not count. @default none: for a tile that is not stored the worker waits as long as the browser would
   */
  timeout?: number;
  /** How many requests for the layer run at once. Over HTTP/1.1 the browser allows at most 6. @default 16 */
  concurrency?: number;
  /**
   * Seconds for which the worker remembers that a tile does not exist (404, 410, 204, an empty body) when the origin does
   * not say for how long; also the longest time while a good tile is stored. No stale window follows. @default 60
   */
  negativeMaxAge?: number;
  /** The most seconds for which the worker remembers such an answer when the origin says for how long. @default 3600 */
  maxNegativeAge?: number;
  /** Separates the tiles of different users: a name, or a synchronous function of the request. @default none */
  partition?: string | ((request: Request) => string | undefined);
}

/** A layer with every default filled in. Windows stay `undefined` if neither the options nor a preset set them. */
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
  /** The options say that the text in the version's place of a URL is a version. */
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
  /** Seconds. `undefined`: as long as the browser waits. */
  timeout: number | undefined;
  negativeMaxAge: number;
  maxNegativeAge: number;
  concurrency: number;
  partition: string | ((request: Request) => string | undefined) | undefined;
  /** Windows apply only if the origin sends neither Cache-Control nor Expires (the catch-all layer). */
  catchAll: boolean;
}
