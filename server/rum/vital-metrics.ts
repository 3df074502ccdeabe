import { bucketOf, type RumVital } from '../../src/shared/rum-schema';
import { createHistogram, type Labels, type Metric } from './metrics';

/** Web Vitals, by the answers for their tiles. */
export interface VitalMetrics {
  /** Adds a metric. `layer`: the name as a label. `where`: labels of the region and the experiment. */
  add(vital: RumVital, layer: string, where: Labels): void;
  readonly all: readonly Metric[];
}

/** Upper bounds of times, in seconds. */
const VITAL_BOUNDS = [0.05, 0.1, 0.2, 0.5, 0.8, 1, 1.8, 2.5, 3, 4, 6, 10];
const CLS_BOUNDS = [0.01, 0.05, 0.1, 0.15, 0.25, 0.5, 1];

/** Creates one histogram for times and one for layout shifts. */
export function createVitalMetrics(): VitalMetrics {
  const vitals = createHistogram('tile_web_vital_seconds', 'Web vitals, by how the tiles were answered.', VITAL_BOUNDS);
  const shifts = createHistogram(
    'tile_web_vital_cls',
    'Cumulative layout shift, by how the tiles were answered.',
    CLS_BOUNDS,
  );

  return {
    add({ name, value, cacheStatus, tile }, layer, where) {
      const at = { name, cache_status: tile?.status ?? cacheStatus, layer, ...where };
      const [histogram, bounds, amount] =
        name === 'CLS' ? [shifts, CLS_BOUNDS, value] : [vitals, VITAL_BOUNDS, value / 1000];
      const counts = new Array<number>(bounds.length + 1).fill(0);
      counts[bucketOf(bounds, amount)] = 1;
      histogram.add(at, counts, amount);
    },
    all: [vitals.metric, shifts.metric],
  };
}
