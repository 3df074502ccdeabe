import type { TileStatus } from './tile-use';

/** The version of the beacon format. */
export const RUM_SCHEMA = 1;

/** Inclusive upper bounds of the age buckets, in seconds. A last bucket holds everything older. */
export const AGE_BOUNDS: readonly number[] = [1, 10, 60, 300, 900, 3600, 21600, 86400, 604800];

/** Inclusive upper bounds of the validation buckets, in milliseconds. A last bucket holds everything longer. */
export const VALIDATION_BOUNDS: readonly number[] = [10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000];

/** The limits of one beacon. Longer queues are sent as several beacons. */
export const RUM_LIMITS = {
  /** Bytes of the body, before and after decompression. */
  bytes: 65536,
  /** Entries of `tiles`. */
  tiles: 500,
  /** Entries of `versions`. */
  versions: 100,
  /** Entries of `vitals`. */
  vitals: 50,
  /** Entries of `views`. */
  views: 200,
  /** Characters of an identifier, a name or a version. */
  name: 128,
  /** Characters of `page`. */
  page: 256,
  /**
   * Answers that one beacon may count over all its entries; the same limit applies to validations and to failed
   * requests. A busy map requests a few hundred tiles per second for some of the 30 seconds between two beacons. A page
   * with more sends several beacons. The limit keeps a forged beacon from counting more than a busy page does.
   */
  count: 10_000,
  /**
   * The highest zoom. It is above the zooms that tiles have (`MAX_ZOOM`), so that one odd layer does not invalidate the
   * beacon.
   */
  zoom: 99,
  /** Seconds of age: ten years. */
  age: 315_576_000,
  /** Bytes of one tile: 64 MiB. */
  body: 67_108_864,
  /** Milliseconds of one validation: ten minutes. */
  validation: 600_000,
} as const;

/** Core Web Vitals and related metrics, as web-vitals names them. */
export type VitalName = 'CLS' | 'FCP' | 'INP' | 'LCP' | 'TTFB';

/** A histogram. Each bucket has its own count (not cumulative), and the last bucket has no upper bound. */
export interface RumHistogram {
  count: number;
  /** The sum of the observed values. */
  sum: number;
  buckets: number[];
}

/** All answers of one layer, zoom and status since the last beacon. */
export interface RumTiles {
  /** The layer's name in the worker. */
  layer: string;
  /** The zoom; `null` for URLs without z/x/y. */
  zoom: number | null;
  /** How the worker answered. */
  status: TileStatus;
  /** The number of tiles that were answered in this way. */
  count: number;
  /**
   * Counts by age: one for each of `AGE_BOUNDS`, and one for older tiles. They add up to `count`; all are zero for
   * `error`.
   */
  ageBuckets: number[];
  /** The sum of the ages, in seconds. */
  ageSum: number;
  /** The highest age, in seconds. */
  ageMax: number;
  /** The number of tiles that were shown without proof that they were fresh. */
  staleServed: number;
  /** Validations that ended, in milliseconds, by `VALIDATION_BOUNDS`. */
  validations: RumHistogram;
  /**
   * Requests to the origin that failed, including those in the background: network errors, 5xx, and 4xx except 404 and
   * 410.
   */
  errors: number;
  /**
   * Bytes of the bodies that the origin sent, including those in the background, if their length is known. Absent for
   * none.
   */
  bytes?: number;
  /** The number of tiles that the origin answered with another version than the one in force. Absent for none. */
  mismatches?: number;
}

/** A Web Vital, and how the worker answered the tile that determined it. */
export interface RumVital {
  /** The name of the metric. */
  name: VitalName;
  /** The value: milliseconds, or for CLS its score. */
  value: number;
  /** The rating of the `web-vitals` package. */
  rating?: 'good' | 'needs-improvement' | 'poor';
  /** The tile that was the largest contentful paint, if it was a tile. `age` is in seconds. */
  tile?: { layer: string; status: TileStatus; age: number };
  /** How the worker answered most of the page's first tiles; `none` if there were no tiles. */
  cacheStatus: TileStatus | 'none';
}

/** One beacon: everything that a page has measured since the last one. */
export interface RumBatch {
  /** The version of the beacon format. */
  schema: typeof RUM_SCHEMA;
  /** The batch's id. The collector counts a repeated batch once. */
  id: string;
  /** The page view's id; random, and held only in memory. */
  session: string;
  /** Epoch milliseconds at which the page sent the beacon. */
  sentAt: number;
  /** The page's path, without query and fragment, which may hold secrets. */
  page: string;
  /** The region, a label that the operator chose. */
  region?: string;
  /** The arm of an experiment that the page view is in. */
  experiment?: string;
  /** The share of sessions that report: above 0, up to 1. */
  sample: number;
  /** The answers since the last beacon, summed up by layer, zoom and status. */
  tiles: RumTiles[];
  /** The version that the page has in force, by layer. */
  versions: Record<string, string>;
  /** Web Vitals of the page view. */
  vitals?: RumVital[];
  /** Metrics of the map's views, if the page measures them (`sw-tile-cache/vitals`). */
  views?: RumView[];
}

/** A metric of one view of a map. */
export interface RumView {
  /** The name of the metric. */
  name: ViewMetricName;
  /** The layer's name in the worker. */
  layer: string;
  /** The value in seconds; for `blank`, in tile-seconds. */
  value: number;
  /** The reason why the view began; absent for metrics without one. */
  cause?: 'load' | 'move' | 'change';
}

/**
 * `full-view`: time until a view is full. `blank`: how much of it was blank until then. `view-age`: age of its oldest
 * tile. `swap`: time from a publication until the screen shows it.
 */
export type ViewMetricName = 'full-view' | 'blank' | 'view-age' | 'swap';

/**
 * The event on `window` by which `sw-tile-cache/vitals` passes a metric to a client's RUM. The client cancels the event
 * to accept the metric.
 */
export const RUM_VIEW_EVENT = 'sw-tile-cache-view';

/** The detail of that event. `on` is the client's own method, which identifies the client. */
export interface RumViewDetail {
  on: unknown;
  view: RumView;
}

/** Returns the key that distinguishes the entries of `tiles` within one beacon. */
export function groupKey(layer: string, zoom: number | null, status: TileStatus): string {
  return JSON.stringify([layer, zoom, status]);
}

/** Returns the index of the bucket that `value` falls into; `bounds.length` if it is above all bounds. */
export function bucketOf(bounds: readonly number[], value: number): number {
  const index = bounds.findIndex((bound) => value <= bound);
  return index < 0 ? bounds.length : index;
}

/** Creates an empty histogram. */
export function emptyHistogram(bounds: readonly number[]): RumHistogram {
  return { count: 0, sum: 0, buckets: new Array<number>(bounds.length + 1).fill(0) };
}

/** Adds one observation to `histogram`, which it changes. */
export function observe(histogram: RumHistogram, bounds: readonly number[], value: number): void {
  histogram.count += 1;
  histogram.sum += value;
  const index = bucketOf(bounds, value);
  histogram.buckets[index] = (histogram.buckets[index] ?? 0) + 1;
}
