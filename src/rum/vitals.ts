import { onCLS, onINP, onLCP, type LCPMetricWithAttribution, type MetricWithAttribution } from 'web-vitals/attribution';
import type { TileStatus, TileUse } from '../shared/tile-use';
import { RUM_LIMITS, type RumVital } from '../shared/rum-schema';
import { within } from './within';

/** Collects web vitals, and how the worker answered the tiles that matter for them. */
export interface Vitals {
  /** Notes how the worker answered one of the page's first tiles. */
  used(use: TileUse): void;
  /** Takes a metric. Ignores later values of the same metric. */
  metric(metric: MetricWithAttribution): void;
  take(): RumVital[];
}

/** Starts to observe the vitals that beacons carry. */
export type ObserveVitals = (report: (metric: MetricWithAttribution) => void) => void;

/**
 * Creates the web vitals of a document once, and shares them between all clients that the page ever creates. web-vitals
 * has no way to stop observing: a second observer would report all metrics again with other ids, and keep its client in
 * memory. Metrics that arrive while no client measures wait for the next one.
 */
export function onePerDocument(observe: ObserveVitals): () => Vitals {
  let vitals: Vitals | undefined;
  return () => {
    if (!vitals) {
      vitals = createVitals();
      observe(vitals.metric);
    }
    return vitals;
  };
}

export const documentVitals = onePerDocument((report) => {
  onLCP(report);
  onINP(report);
  onCLS(report);
});

/** Number of tiles that count as the page's first. */
const FIRST = 200;
const STATUSES: readonly string[] = ['hit', 'stale', 'miss', 'revalidated', 'error'] satisfies TileStatus[];

/** Creates the collection of vitals. */
export function createVitals(): Vitals {
  const first: TileUse[] = [];
  const seen = new Set<string>();
  let waiting: MetricWithAttribution[] = [];

  return {
    used(use) {
      if (first.length < FIRST) first.push(use);
    },
    metric(metric) {
      if (seen.has(metric.id)) return;
      seen.add(metric.id);
      waiting.push(metric);
    },
    // Join metrics and tiles as late as possible: the worker's reports arrive a moment after the tiles.
    take() {
      const cacheStatus = mostFrequent(first.map(({ status }) => status));
      const taken = waiting.map((metric): RumVital => {
        const { name, value, rating } = metric;
        const tile = name === 'LCP' ? tileOf((metric as LCPMetricWithAttribution).attribution, first) : undefined;
        return { name, value: within(value, 3_600_000), rating, ...(tile && { tile }), cacheStatus };
      });
      waiting = [];
      return taken;
    },
  };
}

function mostFrequent(statuses: readonly TileStatus[]): TileStatus | 'none' {
  const counts = new Map<TileStatus, number>();
  for (const status of statuses) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? 'none';
}

/**
 * Returns the tile that is the largest contentful paint, if it is one that the page used, judged by the end of its
 * address. The response's own `Server-Timing` tells how the worker answered it, if the page may read that; otherwise
 * the worker's report does.
 */
export function tileOf(
  { url, lcpResourceEntry }: Pick<LCPMetricWithAttribution['attribution'], 'url' | 'lcpResourceEntry'>,
  uses: readonly TileUse[],
): RumVital['tile'] {
  const path = url && URL.canParse(url, 'http://localhost') ? new URL(url, 'http://localhost').pathname : '';
  const matches = uses.filter(({ tile }) => tile && hasTile(path, tile));
  const use = matches.find(({ layer }) => decode(path).includes(`/${layer}/`)) ?? matches[0];
  if (!use) return undefined;
  const timing = Object.fromEntries((lcpResourceEntry?.serverTiming ?? []).map((entry) => [entry.name, entry]));
  const word = timing['sw-tile-cache']?.description ?? '';
  const status = STATUSES.includes(word) ? (word as TileStatus) : use.status;
  return { layer: use.layer, status, age: within(timing['tile-age']?.duration ?? use.age, RUM_LIMITS.age) };
}

function hasTile(path: string, { z, x, y }: NonNullable<TileUse['tile']>): boolean {
  const at = path.lastIndexOf(`/${z}/${x}/${y}`);
  return at >= 0 && !/^\d/.test(path.slice(at + `/${z}/${x}/${y}`.length));
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
