import { AGE_BOUNDS, bucketOf, type RumView, type ViewMetricName } from '../../src/shared/rum-schema';
import { createHistogram, type Labels, type Metric } from './metrics';

/** Upper bounds of times, in seconds. */
const TIME_BOUNDS = [0.05, 0.1, 0.2, 0.5, 1, 1.5, 2.5, 4, 6, 10, 30, 60];
/** Upper bounds of blank time, in tile-seconds. */
const BLANK_BOUNDS = [0, 0.1, 0.5, 1, 2, 5, 10, 30, 100];

/** Histograms of map views as people experience them. */
export interface ViewMetrics {
  /** Adds a view. `layer`: a layer that the collector knows, or `other`. */
  add(view: RumView, layer: string, where: Labels): void;
  readonly all: readonly Metric[];
}

/** Creates the histograms, empty. */
export function createViewMetrics(): ViewMetrics {
  const kinds = {
    'full-view': ['tile_full_view_seconds', 'Time until a view of a map was full.', TIME_BOUNDS],
    blank: ['tile_view_blank_tile_seconds', 'What was blank of a view until it was full or left.', BLANK_BOUNDS],
    'view-age': ['tile_view_age_seconds', 'Age of the oldest tile of a full view.', AGE_BOUNDS],
    swap: ['tile_swap_seconds', 'Time from hearing of a publication until the screen showed it.', TIME_BOUNDS],
  } satisfies Record<ViewMetricName, [string, string, readonly number[]]>;
  const histograms = Object.fromEntries(
    Object.entries(kinds).map(([name, [metric, help, bounds]]) => [
      name,
      { bounds, ...createHistogram(metric, help, bounds) },
    ]),
  ) as Record<ViewMetricName, ReturnType<typeof createHistogram> & { bounds: readonly number[] }>;
  return {
    add({ name, value, cause }, layer, where) {
      const { bounds, add } = histograms[name];
      const counts = new Array<number>(bounds.length + 1).fill(0);
      counts[bucketOf(bounds, value)] = 1;
      add({ layer, ...(cause && { cause }), ...where }, counts, value);
    },
    all: Object.values(histograms).map(({ metric }) => metric),
  };
}
