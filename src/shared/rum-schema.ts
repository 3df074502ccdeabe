import type { TileStatus } from './tile-use';

/** The version of the beacon's form. */
export const RUM_SCHEMA = 1;

/** Upper bounds of the age buckets, in seconds, each included; one more bucket behind them holds what is older. */
export const AGE_BOUNDS: readonly number[] = [1, 10, 60, 300, 900, 3600, 21600, 86400, 604800];

/** Upper bounds of the validation buckets, in milliseconds, each included; one more bucket behind them. */
export const VALIDATION_BOUNDS: readonly number[] = [10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000];

/** What one beacon may hold. Longer queues go out as several beacons. */
export const RUM_LIMITS = {
  /** Bytes of the body, also after decompression. */
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
   * Answers that one beacon counts over all its entries; validations and failed requests likewise. A busy map asks for some
   * hundred tiles a second for a few seconds of the 30 between two beacons. A page that saw more sends several beacons;
   * whoever makes beacons up gets no further with one than a busy page does.
   */
  count: 10_000,
  /** Above the zooms that tiles have (`MAX_ZOOM`): an odd layer's zoom must not cost the whole beacon. */
  zoom: 99,
  /** Seconds: ten years. */
  age: 315_576_000,
  /** Bytes of one tile: 64 MiB. */
  body: 67_108_864,
  /** Milliseconds of one validation: ten minutes. */
  validation: 600_000,
} as const;

/** Core Web Vitals and their companions, as web-vitals names them. */
export type VitalName = 'CLS' | 'FCP' | 'INP' | 'LCP' | 'TTFB';

/** A histogram with the counts of each bucket on its own (not cumulative); the last bucket has no upper bound. */
export interface RumHistogram {
  count: number;
  /** Sum of what was observed. */
  sum: number;
  buckets: number[];
}

/** All answers of one layer, zoom and status since the last beacon. */
export interface RumTiles {
  /** The layer's name in the worker. */
  layer: string;
  /** `null` for URLs without z/x/y. */
  zoom: number | null;
  /** How the worker answered. */
  status: TileStatus;
  /** How many tiles were answered so. */
  count: number;
  /** Counts by age, one for each of `AGE_BOUNDS` and one more. They add up to `count`; all zero for `error`. */
  ageBuckets: number[];
  /** Seconds. */
  ageSum: number;
  /** Seconds. */
  ageMax: number;
  /** How many of `count` were shown although not proven fresh. */
  staleServed: number;
  /** Validations that ended; milliseconds, buckets by `VALIDATION_BOUNDS`. */
  validations: RumHistogram;
  /** Requests to the origin that failed: network errors, 5xx and 4xx but 404 and 410, also those made behind an answered tile. */
  errors: number;
  /** Bytes of bodies that the origin sent, also behind an answered tile, as far as their length is known. Absent for none. */
  bytes?: number;
  /** How many of `count` waited for an origin that answered another version than the one in force. Absent for none. */
  mismatches?: number;
}

/** One web vital, with how the tile that made it was answered. */
export interface RumVital {
  /** Which Web Vital. */
  name: VitalName;
  /** Milliseconds; for CLS its score. */
  value: number;
  /** The rating of the `web-vitals` package. */
  rating?: 'good' | 'needs-improvement' | 'poor';
  /** The tile that was the largest paint, where one was. Age in seconds. */
  tile?: { layer: string; status: TileStatus; age: number };
  /** How most of the page's first tiles were answered; `none`: no tile was seen. */
  cacheStatus: TileStatus | 'none';
}

/** One beacon: what a page's users saw since the last one. */
export interface RumBatch {
  /** The number of the format. */
  schema: typeof RUM_SCHEMA;
  /** Of this batch: a repeated one is counted once. */
  id: string;
  /** Of the page view; random, held in memory only. */
  session: string;
  /** Epoch milliseconds. */
  sentAt: number;
  /** The page's path, without query and fragment: they may hold secrets. */
  page: string;
  /** A label that the operator chose. */
  region?: string;
  /** The arm of an experiment that the page view is in. */
  experiment?: string;
  /** Share of sessions that report, above 0 up to 1. */
  sample: number;
  /** What was answered, summed up by layer, zoom and status. */
  tiles: RumTiles[];
  /** The version that the page has in force, by layer. */
  versions: Record<string, string>;
  /** Web Vitals of the page view. */
  vitals?: RumVital[];
  /** What the page saw of its maps' views, where it measures them (`sw-tile-cache/vitals`). */
  views?: RumView[];
}

/** A metric of one view of a map. */
export interface RumView {
  /** Which metric. */
  name: ViewMetricName;
  /** The layer's name in the worker. */
  layer: string;
  /** Seconds; for `blank` tile-seconds. */
  value: number;
  /** Why the view began; absent for metrics that do not tell. */
  cause?: 'load' | 'move' | 'change';
}

/** `full-view`: time to a full view; `blank`: what was blank until then; `view-age`: its oldest tile; `swap`: time to the screen after a publication. */
export type ViewMetricName = 'full-view' | 'blank' | 'view-age' | 'swap';

/** The event on `window` by which `sw-tile-cache/vitals` hands a metric to a client's measuring; cancelled when it was taken. */
export const RUM_VIEW_EVENT = 'sw-tile-cache-view';

/** Its detail: `on` is the client's own, and tells clients apart. */
export interface RumViewDetail {
  on: unknown;
  view: RumView;
}

/** What tells the entries of `tiles` apart within one beacon. */
export function groupKey(layer: string, zoom: number | null, status: TileStatus): string {
  return JSON.stringify([layer, zoom, status]);
}

/** The bucket that `value` falls into: an index into `bounds`, or `bounds.length` for what lies above all. */
export function bucketOf(bounds: readonly number[], value: number): number {
  const index = bounds.findIndex((bound) => value <= bound);
  return index < 0 ? bounds.length : index;
}

/** A histogram with nothing in it. */
export function emptyHistogram(bounds: readonly number[]): RumHistogram {
  return { count: 0, sum: 0, buckets: new Array<number>(bounds.length + 1).fill(0) };
}

/** Adds one observation; changes `histogram`. */
export function observe(histogram: RumHistogram, bounds: readonly number[], value: number): void {
  histogram.count += 1;
  histogram.sum += value;
  const index = bucketOf(bounds, value);
  histogram.buckets[index] = (histogram.buckets[index] ?? 0) + 1;
}
