import type { BBox } from '../shared/tile';

/** Options of `prefetchAround`. */
export interface PrefetchOptions {
  /** Tiles around the view. @default 1 */
  ring?: number;
  /** Zooms above the view whose tiles are fetched, so that zooming out is never blank. @default 2 */
  parents?: number;
  /** Bytes that may be fetched in this page's life; what the store answered costs nothing. @default 20000000 */
  maxBytes?: number;
  /** Requests at once. @default 2 */
  concurrency?: number;
  /** Other URLs that go with one of a tile on the screen: the next steps in time of a radar. Fetched last. @default none */
  steps?: (url: string) => readonly string[];
  /** Fetch over metered connections too, where the user wants to save data, and with a low battery. @default false */
  always?: boolean;
  /** Ends it when it aborts. */
  signal?: AbortSignal;
}

/** Where a map is about to go. */
export type PrefetchTarget =
  /** `zoom` is that of the tiles. */
  | { bbox: BBox; zoom: number }
  /** As many tiles as the view has now, around this point. */
  | { center: [longitude: number, latitude: number]; zoom: number };

/** What fetches ahead of a map. */
export interface Prefetch {
  /** Fetches the tiles of a view to come, at once: call it beside `flyTo()`. Dropped by the next target. */
  target(view: PrefetchTarget): void;
  /** The stops of a tour, in their order: fetched whenever the view is full, and not dropped when it moves. */
  tour(views: readonly PrefetchTarget[]): void;
  /** Bytes fetched so far, those from the store left out. */
  readonly bytes: number;
  /** Tiles that wait to be fetched. */
  readonly pending: number;
  /** Ends it; what is under way is dropped. Safe to call twice. */
  stop(): void;
}
