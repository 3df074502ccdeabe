/** The reason why a view began: the page loaded, the map moved, or tiles of a full view went missing. */
export type ViewCause = 'load' | 'move' | 'change';

/** The fields that all metrics have in common. */
interface Metric {
  /** The layer's name in the worker. */
  layer: string;
}

/** The time until a view was full. */
export interface FullViewMetric extends Metric {
  /** The name of the metric. */
  name: 'full-view';
  /**
   * Milliseconds until every tile of the view was drawn at its own zoom, from the start of the navigation (`load`,
   * while the page was still loading), from the end of the movement (`move`), or from the first missing tile
   * (`change`).
   */
  value: number;
  /** The reason why the view began. */
  cause: ViewCause;
  /** The number of tiles that the view needs. */
  tiles: number;
}

/** How much of a view was blank, and for how long. */
export interface BlankMetric extends Metric {
  /** The name of the metric. */
  name: 'blank';
  /**
   * Tile-seconds: the sum over the view's tiles of the seconds without any tile in their place, not even one of another
   * zoom.
   */
  value: number;
  /** The reason why the view began. */
  cause: ViewCause;
}

/** The age of a full view. */
export interface ViewAgeMetric extends Metric {
  /** The name of the metric. */
  name: 'view-age';
  /** The age of the oldest tile, in seconds. */
  value: number;
  /** The median age of the tiles, in seconds. */
  median: number;
  /** The number of tiles whose age is known. */
  tiles: number;
}

/** The time for which the screen still showed tiles that a publication had replaced. */
export interface SwapMetric extends Metric {
  /** The name of the metric. */
  name: 'swap';
  /** Milliseconds from when the page learned of the publication until the last tile of the view was replaced. */
  value: number;
}

/** A metric of one view. */
export type ViewMetric = FullViewMetric | BlankMetric | ViewAgeMetric | SwapMetric;

/** Options of `mapVitals`. */
export interface MapVitalsOptions {
  /** Stops measuring when it aborts. @default none */
  signal?: AbortSignal;
  /** Whether the client's beacons carry the metrics, if the client was created with `rum`. @default true */
  rum?: boolean;
}

/** The metrics of the views of one or more bindings. Each `on…` method returns a function that unsubscribes. */
export interface MapVitals {
  /** Calls back when a view is full. Reports nothing for a view that was left or hidden before. */
  onFullView(callback: (metric: FullViewMetric) => void): () => void;
  /** Calls back once for each view, when it is full, left or hidden. The value is 0 if nothing was blank. */
  onBlank(callback: (metric: BlankMetric) => void): () => void;
  /** Calls back after a view is full, if the worker reported the ages of its tiles. */
  onViewAge(callback: (metric: ViewAgeMetric) => void): () => void;
  /** Calls back when all tiles on the screen that a publication changed have been replaced. */
  onSwap(callback: (metric: SwapMetric) => void): () => void;
  /** Stops measuring. Further calls have no effect. */
  stop(): void;
}
