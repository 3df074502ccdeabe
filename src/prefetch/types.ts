import type { MapView } from '../adapters/supply';

/** Options of `prefetchTiles`. */
export interface PrefetchOptions {
  /** Tiles to prefetch on each side of the view; 0 for none. @default 1 */
  ring?: number;
  /** How many lower zooms to prefetch (the views after zooming out); 0 for none. @default 1 */
  parents?: number;
  /** Maximum number of tiles fetched for one view of the map. @default 200 */
  maxTiles?: number;
  /** Maximum number of bytes fetched for one view of the map. @default 4_000_000 */
  maxBytes?: number;
  /**
   * The tolerated share of wasted bytes: bytes of guesses (ring, zooming out) that no view has shown, relative to
   * the bytes that the map's views have needed. Until the views have needed 200 tiles, the share is relative to 200
   * tiles.
   * @default 0.25
   */
  share?: number;
  /** Maximum number of concurrent requests. @default 2 */
  concurrency?: number;
  /** Names of `providers` whose terms forbid prefetching but whose agreement with you permits it. @default none */
  bulk?: readonly string[];
  /** Stops prefetching when it aborts. @default none */
  signal?: AbortSignal;
}

/** Frames of a layer that changes over time. */
export interface TimeSteps {
  /** The values of the next frames, nearest first. */
  values: readonly string[];
  /** The query parameter of the tile URL that carries the value; its name is case-insensitive. */
  param?: string;
  /** The value that the tile URLs contain now, if it is not a query parameter. */
  current?: string;
}

/** The reason for not fetching at the moment. */
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

/** The progress of prefetching. */
export interface PrefetchStatus {
  /** The reason for not fetching at the moment; `undefined` if there is none. */
  obstacle: Obstacle | undefined;
  /** The number of tiles requested, from the store or the network. */
  asked: number;
  /** The number of bytes received over the network. */
  bytes: number;
  /** The number of these bytes that belong to tiles that no view has shown yet. */
  unseen: number;
  /** The number of failed requests. */
  failed: number;
  /** The number of tiles in flight or waiting. */
  waiting: number;
}

/** Prefetching for one bound layer. */
export interface Prefetch {
  /**
   * Announces that the map is about to move there (`flyTo`). The prefetcher fetches the tiles at once, even while the map
   * moves, until it comes to rest.
   */
  goingTo(view: MapView): void;
  /**
   * Announces that the map will show these views in turn, repeatedly. Fetches the views after the current one. An empty
   * list ends the tour.
   */
  tour(views: readonly MapView[]): void;
  /** Announces the next frames of the layer in the same view. Empty `values` end the steps. Throws `INVALID_OPTION`. */
  steps(steps: TimeSteps): void;
  /** Returns the progress so far. */
  status(): PrefetchStatus;
  /** Stops, and aborts requests in progress. Further calls have no effect. */
  stop(): void;
}
