import { onCLS, onINP, onLCP, type LCPMetricWithAttribution, type MetricWithAttribution } from 'web-vitals/attribution';
import type { TileStatus, TileUse } from '../shared/tile-use';
import type { RumVital } from '../shared/rum-schema';

/** Web vitals with what tiles had to do with them. */
export interface Vitals {
  /** Remembers how the page's first tiles were answered. */
  used(use: TileUse): void;
  /** Takes a metric; a later value of the same one is not counted again. */
  metric(metric: MetricWithAttribution): void;
  take(): RumVital[];
}

/** Starts to observe the vitals that beacons carry. */
export type ObserveVitals = (report: (metric: MetricWithAttribution) => void) => void;

/**
 * Gives the vitals of the document, one store for all clients that it ever has: metrics are the document's, not a
 * client's, and web-vitals has no way to stop. A second observer would report all of them again under other ids, and
 * keep its client for good. What is reported while no client measures waits for the next one.
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

/** Tiles that count as the page's first. */
const FIRST = 200;
const STATUSES: readonly string[] = ['hit', 'stale', 'miss', 'revalidated', 'error'] satisfies TileStatus[];

/** Creates the store of vitals. */
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
    // Joined as late as possible: the worker's counters arrive a moment after the tiles.
    take() {
      const cacheStatus = mostFrequent(first.map(({ status }) => status));
      const taken = waiting.map((metric): RumVital => {
        const { name, value, rating } = metric;
        const tile = name === 'LCP' ? tileOf((metric as LCPMetricWithAttribution).attribution, first) : undefined;
        return { name, value: Math.min(Math.max(value, 0), 3_600_000), rating, ...(tile && { tile }), cacheStatus };
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
 * The tile that was the largest paint: its address ends in a tile that the page used. How it was answered is told by
 * the response's own `Server-Timing` where the page may see it, else by the worker's counter; neither is counted here.
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
  return { layer: use.layer, status, age: timing['tile-age']?.duration ?? use.age };
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
