import type { MapView } from '../adapters/supply';

/** Options of `prefetchTiles`. */
export interface PrefetchOptions {
  /** Tiles on each side of the view. 0: none. @default 1 */
  ring?: number;
  /** How many zooms out: what the map would show there. 0: none. @default 1 */
  parents?: number;
  /** Tiles fetched for one view of the map, at most. @default 200 */
  maxTiles?: number;
  /** Bytes fetched for one view of the map, at most. @default 4_000_000 */
  maxBytes?: number;
  /**
   * How much of what is fetched on a guess (ring, zooming out) may have come in vain so far, as a share of the bytes that
   * the map's views have needed; until these have needed 200 tiles, of so many. @default 0.25
   */
  share?: number;
  /** Requests at once. @default 2 */
  concurrency?: number;
  /** Names of `providers` whose terms forbid fetching in advance, where your agreement allows it. @default none */
  bulk?: readonly string[];
  /** Stops prefetching when it aborts. @default none */
  signal?: AbortSignal;
}

/** Frames of a layer that changes with time. */
export interface TimeSteps {
  /** The values that come next, the nearest first. */
  values: readonly string[];
  /** The query parameter of the tile URL that carries the value; upper and lower case are the same. */
  param?: string;
  /** Where it is no parameter: the value as it stands in the tile URLs now. */
  current?: string;
}

/** Why nothing is fetched just now. */
export type Obstacle =
  | 'hidden'
  | 'offline'
  | 'network'
  | 'save-data'
  | 'metered'
  | 'slow'
  | 'battery'
  | 'no-worker'
  | 'not-stored'
  | 'terms';

/** What prefetching has done so far. */
export interface PrefetchStatus {
  /** Why nothing is fetched just now; undefined while nothing is in the way. */
  obstacle: Obstacle | undefined;
  /** Tiles that were asked for, from the store or the network. */
  asked: number;
  /** Bytes that came over the network. */
  bytes: number;
  /** Of these, bytes of tiles that no view has shown yet. */
  unseen: number;
  /** Requests that failed. */
  failed: number;
  /** Tiles that are being asked for, or wait to be. */
  waiting: number;
}

/** Prefetching for one bound layer. */
export interface Prefetch {
  /** The map is about to go there (`flyTo`): fetched at once, also while the map moves, until it has come to rest somewhere. */
  goingTo(view: MapView): void;
  /** The map will show these views in turn, over and over: those behind the one it shows are fetched. Empty: no tour. */
  tour(views: readonly MapView[]): void;
  /** What the layer will show next in the same view. No values: no steps. Throws `INVALID_OPTION`. */
  steps(steps: TimeSteps): void;
  /** What has been done so far. */
  status(): PrefetchStatus;
  /** Stops; what is in flight is aborted. Safe to call twice. */
  stop(): void;
}
