import type { RegionBounds } from './area';
import type { ErrorRecord } from './errors';
import type { BBox, TileId, ZoomRange } from './tile';

/** A layer of a region, where its name alone does not say which URLs a page asks for. */
export interface RegionLayer {
  /** The layer's name in the worker. */
  layer: string;
  /** The URL of a tile as the map asks for it. @default the layer's own template, or what pages have asked for */
  template?: string;
  /** Pixel ratios for `{r}`, such as `['', '@2x']`. @default the ratio of this screen */
  ratios?: readonly string[];
}

/** What a region is to hold. */
export interface RegionSpec {
  /** 1 to 64 of `A-Z a-z 0-9 . _ -`; the same id again changes that region. */
  id: string;
  /** For people. @default the id */
  name?: string;
  /** Names of layers, or more about them. */
  layers: ReadonlyArray<string | RegionLayer>;
  /** `[west, south, east, north]` (west > east crosses the antimeridian), or a GeoJSON Polygon or MultiPolygon. */
  bounds: RegionBounds;
  /** `[min, max]`, both included. */
  zooms: ZoomRange;
  /** Address of a style document: it is kept with what it needs. Its address and theirs have to be a layer's. @default none */
  style?: string;
  /** Unicode ranges of glyphs, such as `0-255`, for every font of the style. @default Latin, and what the style itself prints */
  glyphRanges?: readonly string[];
  /** Bytes that it may take at most. @default 1 GiB */
  maxBytes?: number;
  /** Also over a connection that is metered, or where the user wants to save data. @default false */
  metered?: boolean;
}

/**
 * `waiting`: for the network, or for a connection that costs nothing; `downloading`: nothing to show yet; `updating`: the
 * old edition is whole meanwhile; `paused`: by hand; `complete`; `outdated`: tiles were purged or changed, and are fetched
 * when the network is there; `incomplete`: some tiles could not be had, `failed` of them; `failed`: see `error`; `lost`: the
 * browser has deleted it.
 */
export type RegionState =
  'waiting' | 'downloading' | 'updating' | 'paused' | 'complete' | 'outdated' | 'incomplete' | 'failed' | 'lost';

/** A tile that could not be had. */
export interface FailedTile {
  /** The layer's name in the worker. */
  layer: string;
  /** Absent for a part of the style. */
  tile?: TileId;
  /** The status of the answer, or what went wrong. */
  reason: string;
}

/** A region as pages see it. */
export interface RegionInfo {
  /** The region's identifier. */
  id: string;
  /** What people call it. */
  name: string;
  /** How far it is. */
  state: RegionState;
  /** Why it waits. */
  reason?: 'offline' | 'metered' | 'busy';
  /** The layers' names in the worker. */
  layers: string[];
  /** The area. */
  bounds: RegionBounds;
  /** The lowest and the highest zoom. */
  zooms: ZoomRange;
  /** The URL of its style, where it has one. */
  style?: string;
  /** Tiles that are there, of the edition that is being made or else of the one in force. Never goes down while it is made. */
  tiles: number;
  /** All tiles, and files of the style. */
  total: number;
  /** Bytes of these tiles. */
  bytes: number;
  /** Bytes of storage that it takes itself, without what other regions hold for it. */
  stored: number;
  /** Bytes that all tiles will take, about. */
  expected?: number;
  /** Tiles a second, lately; while it is made. */
  rate?: number;
  /** Seconds until it is done, about; while it is made. */
  remaining?: number;
  /** Tiles that could not be had. */
  failed: number;
  /** Some of them. */
  failures: FailedTile[];
  /** Epoch milliseconds at which the edition in force was complete. */
  savedAt?: number;
  /** Grows with each edition. */
  edition: number;
  /** The layers' versions in the edition in force, where known. */
  versions: Record<string, string>;
  /** Why it failed. */
  error?: ErrorRecord;
  /** Whether the browser has promised not to delete this site's storage by itself, where it tells. */
  persisted?: boolean;
}

/** What a region would take. */
export interface RegionEstimate {
  /** Exactly. */
  tiles: number;
  /** Tiles by layer. */
  layers: Record<string, number>;
  /** From a sample. Undefined where nothing could be fetched. */
  bytes: number | undefined;
  /** Within these bytes in nine cases of ten; the upper end counts in what a sample may have missed. */
  spread: readonly [low: number, high: number] | undefined;
  /** Requests of the sample. */
  sampled: number;
  /** Bytes that the browser has left for this site, where it tells. */
  available: number | undefined;
}

/** Whether a tile would be answered without a network. */
export interface TileCoverage {
  /** Which tile. */
  tile: TileId;
  /** It would be answered without a network. */
  covered: boolean;
}

/** A question about tiles of one layer. */
export interface CoverageQuery {
  /** The layer's name in the worker. */
  layer: string;
  /** West, south, east, north in degrees. */
  bounds: BBox;
  /** The lowest and the highest zoom. */
  zooms: ZoomRange;
  /** The URL of a tile as the map asks for it. @default that of a region, the layer's own, or what pages have asked for */
  template?: string;
  /** Pixel ratios for `{r}`, such as `['@2x']`: a tile is covered when it is with each. @default the ratio of this screen */
  ratios?: readonly string[];
}

/** Result of a slice of work. */
export interface DriveResult {
  /** Milliseconds after which there is more to do; undefined: nothing, until somebody asks for it. */
  again: number | undefined;
}

/** What a page may ask of regions. */
export type RegionCommand =
  | { action: 'save'; spec: RegionSpec }
  | { action: 'estimate'; spec: RegionSpec }
  | { action: 'list' }
  | { action: 'pause'; region: string }
  | { action: 'resume'; region: string }
  | { action: 'update'; region: string }
  | { action: 'remove'; region: string }
  | { action: 'coverage'; query: CoverageQuery }
  /** A page has time and, maybe, a network. */
  | { action: 'drive'; metered: boolean; online: boolean }
  | { action: 'export'; region: string; layer?: string }
  | { action: 'import'; file: Blob; template?: string };

/** The most tiles that one question about coverage may be about. */
export const MAX_COVERAGE = 20_000;
/** The highest zoom of a region. */
export const MAX_REGION_ZOOM = 24;
/** The most tiles of a region. */
export const MAX_REGION_TILES = 1_000_000;
