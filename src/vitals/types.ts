/** Why a view began: the page loaded, somebody moved the map, or tiles of a full view went missing. */
export type ViewCause = 'load' | 'move' | 'change';

/** What every metric tells. */
interface Metric {
  /** The layer's name in the worker. */
  layer: string;
}

/** How long people looked at a map that was not whole. */
export interface FullViewMetric extends Metric {
  /** Which metric. */
  name: 'full-view';
  /**
   * Milliseconds until every tile of the view was drawn at its own zoom: from the start of the navigation (`load`, while
   * the page was still loading), from the end of the movement (`move`), or from the first missing tile (`change`).
   */
  value: number;
  /** Why the view began. */
  cause: ViewCause;
  /** Tiles that the view needs. */
  tiles: number;
}

/** How much of a view was empty, and for how long. */
export interface BlankMetric extends Metric {
  /** Which metric. */
  name: 'blank';
  /** Tile-seconds: each tile of the view counts for as long as nothing stood in its place, not even another zoom's. */
  value: number;
  /** Why the view began. */
  cause: ViewCause;
}

/** How old a full view was. */
export interface ViewAgeMetric extends Metric {
  /** Which metric. */
  name: 'view-age';
  /** Seconds, of the oldest tile. */
  value: number;
  /** Seconds. */
  median: number;
  /** Tiles whose age is known. */
  tiles: number;
}

/** How long the screen went on showing what a publication had replaced. */
export interface SwapMetric extends Metric {
  /** Which metric. */
  name: 'swap';
  /** Milliseconds from when the page heard of the publication until the last tile of the view was exchanged. */
  value: number;
}

/** A metric of one view. */
export type ViewMetric = FullViewMetric | BlankMetric | ViewAgeMetric | SwapMetric;

/** Options of `mapVitals`. */
export interface MapVitalsOptions {
  /** Stops measuring when it aborts. @default none */
  signal?: AbortSignal;
  /** Have the client's beacons carry the metrics, where it was made with `rum`. @default true */
  rum?: boolean;
}

/** What is measured of the views of one or more bindings. Each `on…` returns the function that unsubscribes. */
export interface MapVitals {
  /** Calls back when a view is full. A view that is left, or hidden, before it is full reports none. */
  onFullView(callback: (metric: FullViewMetric) => void): () => void;
  /** Calls back once a view, when it is full, left or hidden; 0 where nothing was blank. */
  onBlank(callback: (metric: BlankMetric) => void): () => void;
  /** Calls back after a view is full, where the worker told the ages of its tiles. */
  onViewAge(callback: (metric: ViewAgeMetric) => void): () => void;
  /** Calls back when what a publication changed on the screen has been exchanged. */
  onSwap(callback: (metric: SwapMetric) => void): () => void;
  /** Stops measuring. Safe to call twice. */
  stop(): void;
}
