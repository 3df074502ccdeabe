import type { RegionBounds } from './area';
import type { ErrorRecord } from './errors';
import type { BBox, TileId, ZoomRange } from './tile';

/** A layer of a region, if its name alone does not determine the URLs that a page requests. */
export interface RegionLayer {
  /** The layer's name in the worker. */
  layer: string;
  /** The tile URL that the map requests. @default the layer's own template, or the URLs that pages have requested */
  template?: string;
  /** Pixel ratios for `{r}`, such as `['', '@2x']`. @default the ratio of this screen */
  ratios?: readonly string[];
}

/** The specification of a region. */
export interface RegionSpec {
  /** 1 to 64 characters of `A-Z a-z 0-9 . _ -`. Saving the same id again changes that region. */
  id: string;
  /** For people. @default the id */
  name?: string;
  /** Names of the worker's layers, or objects that also say which URLs the map requests. */
  layers: ReadonlyArray<string | RegionLayer>;
  /** `[west, south, east, north]` (west > east crosses the antimeridian), or a GeoJSON Polygon or MultiPolygon. */
  bounds: RegionBounds;
  /** `[min, max]`, both included. */
  zooms: ZoomRange;
  /**
   * URL of a style document. The region keeps it with everything that it needs. All these URLs must belong to layers of the
   * worker.
   * @default none
   */
  style?: string;
  /**
   * Unicode ranges of glyphs, such as `0-255`, for every font of the style.
   * @default Latin, punctuation, and the characters of the style itself
   */
  glyphRanges?: readonly string[];
  /** The most bytes that the region may take. @default 1 GiB */
  maxBytes?: number;
  /** Download even over a metered connection, or if the user wants to save data. @default false */
  metered?: boolean;
}

/**
 * `waiting`: the download waits for the network, for a connection that is not metered, for a busy host, or for its user.
 * `downloading`: the first edition is not finished. `updating`: a new edition is being made while the old one stays whole. `paused`: a page
 * paused it. `complete`: every tile is stored. `outdated`: tiles were purged or have changed; the worker fetches them when
 * there is a network. `incomplete`: the worker could not download `failed` tiles. `failed`: see `error`. `lost`: the browser
 * has deleted the region.
 */
export type RegionState =
  'waiting' | 'downloading' | 'updating' | 'paused' | 'complete' | 'outdated' | 'incomplete' | 'failed' | 'lost';

/** A tile that the worker could not download. */
export interface FailedTile {
  /** The layer's name in the worker. */
  layer: string;
  /** The tile. Absent for a file of the style. */
  tile?: TileId;
  /** The status of the response, or what went wrong. */
  reason: string;
}

/** A region as pages see it. */
export interface RegionInfo {
  /** The region's identifier. */
  id: string;
  /** The region's name, for people. */
  name: string;
  /** The region's state. */
  state: RegionState;
  /** Why the region waits. `user`: another user than the one who saved it is logged in. */
  reason?: 'offline' | 'metered' | 'busy' | 'user';
  /** The layers' names in the worker. */
  layers: string[];
  /** The bounds that were given. */
  bounds: RegionBounds;
  /** The lowest and the highest zoom. */
  zooms: ZoomRange;
  /** The URL of the region's style, if it has one. */
  style?: string;
  /**
   * Tiles, and files of the style, stored so far for the edition under construction, otherwise for the one in force (also after an update that
   * has failed). Never decreases while an edition is under construction.
   */
  tiles: number;
  /** Number of all tiles, and of the style's files once the worker has read the style. */
  total: number;
  /** Bytes of these tiles and files. */
  bytes: number;
  /** Bytes of storage that this region alone takes. Tiles that it shares with other regions count for those. */
  stored: number;
  /** Estimated bytes of all tiles. */
  expected?: number;
  /** Tiles per second in the last minute of work, while an edition is being made. */
  rate?: number;
  /** Estimated seconds until the edition is complete, while it is being made. */
  remaining?: number;
  /** Number of tiles that the worker could not download. */
  failed: number;
  /** Some of them. */
  failures: FailedTile[];
  /** Epoch milliseconds at which the edition in force was complete. */
  savedAt?: number;
  /** Grows with each edition. */
  edition: number;
  /** The layers' versions in the edition in force, where known. */
  versions: Record<string, string>;
  /** Why the region failed. */
  error?: ErrorRecord;
  /** Whether the browser has promised not to delete this site's storage by itself, if the browser reports it. */
  persisted?: boolean;
}

/** The estimated size of a region. */
export interface RegionEstimate {
  /** Number of tiles, exact. */
  tiles: number;
  /** Tiles by layer. */
  layers: Record<string, number>;
  /** The likely size, from a sample. `undefined` if nothing could be fetched. */
  bytes: number | undefined;
  /**
   * The range that contains the true size nine times in ten. Its upper end allows for large tiles that the sample may have
   * missed.
   */
  spread: readonly [low: number, high: number] | undefined;
  /** Number of requests that the sample sent. */
  sampled: number;
  /** Bytes of storage that the browser has left for this site, if the browser reports it. */
  available: number | undefined;
}

/** Whether the worker could answer a tile's request without a network. */
export interface TileCoverage {
  /** Which tile. */
  tile: TileId;
  /** `true`: the worker would answer now, without a network: with the tile, or with a stored answer that there is none. */
  covered: boolean;
}

/** Selects the tiles of one layer that `coverage` returns. */
export interface CoverageQuery {
  /** The layer's name in the worker. */
  layer: string;
  /** West, south, east, north in degrees. */
  bounds: BBox;
  /** `[min, max]`, both included. */
  zooms: ZoomRange;
  /**
   * The tile URL that the map requests.
   * @default that of a region, the layer's own template, or the URLs that pages have requested
   */
  template?: string;
  /**
   * Pixel ratios for `{r}`, such as `['@2x']`. A tile is covered if it is covered in each of them.
   * @default the ratio of this screen
   */
  ratios?: readonly string[];
}

/** Result of a slice of work. */
export interface DriveResult {
  /** Milliseconds until there is more to do; `undefined` if there is nothing to do until a page asks. */
  again: number | undefined;
}

/** The actions that a page may ask of regions. */
export type RegionCommand =
  | { action: 'save'; spec: RegionSpec }
  | { action: 'estimate'; spec: RegionSpec }
  | { action: 'list' }
  | { action: 'pause'; region: string }
  | { action: 'resume'; region: string }
  | { action: 'update'; region: string }
  | { action: 'remove'; region: string }
  | { action: 'coverage'; query: CoverageQuery }
  /** A page offers time for the work, and tells about its network. */
  | { action: 'drive'; metered: boolean; online: boolean }
  | { action: 'export'; region: string; layer?: string; ratio?: string }
  | { action: 'import'; file: Blob; template?: string; region?: string };

/** Maximum number of tiles in one query about coverage. */
export const MAX_COVERAGE = 20_000;
/** The highest zoom of a region. */
export const MAX_REGION_ZOOM = 24;
/** Maximum number of tiles in a region. */
export const MAX_REGION_TILES = 1_000_000;
