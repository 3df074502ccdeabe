/** Labels of one series. */
export type Labels = Record<string, string>;

interface Sample {
  metricName: string;
  labels: Labels | (Labels & { le: string });
  value: number;
}

/**
 * The interface that prom-client's registry expects of a metric. Metrics of prom-client itself cannot take whole
 * histograms.
 */
export interface Metric {
  name: string;
  get(): { name: string; help: string; type: string; aggregator: 'sum'; values: Sample[] };
  reset(): void;
}

/** The part of prom-client's `Registry` that the origin uses. */
export interface MetricsRegistry {
  /** Registers a metric, as prom-client does. */
  registerMetric(metric: never): void;
  /** Resolves with the text of all metrics, as prom-client does. */
  metrics(): Promise<string>;
  /** The content type of that text, as prom-client returns it. */
  readonly contentType: string;
}

interface Series<T> {
  labels: Labels;
  value: T;
}

function createSeries<T>(make: () => T) {
  const all = new Map<string, Series<T>>();
  return {
    all,
    at(labels: Labels): Series<T> {
      const key = JSON.stringify(labels);
      const known = all.get(key);
      if (known) return known;
      const fresh = { labels, value: make() };
      all.set(key, fresh);
      return fresh;
    },
  };
}

/** Creates a counter. Pass labels in the same order each time. */
export function createCounter(
  name: string,
  help: string,
): { metric: Metric; add(labels: Labels, amount: number): void } {
  const series = createSeries(() => 0);
  return {
    add: (labels, amount) => void (series.at(labels).value += amount),
    metric: {
      name,
      reset: () => series.all.clear(),
      get: () => ({
        name,
        help,
        type: 'counter',
        aggregator: 'sum',
        values: [...series.all.values()].map(({ labels, value }) => ({ metricName: name, labels, value })),
      }),
    },
  };
}

/** Creates a gauge whose value is computed when it is read; `counter` if the value only grows. */
export function createGauge(
  name: string,
  help: string,
  read: () => Array<{ labels: Labels; value: number }>,
  type: 'gauge' | 'counter' = 'gauge',
): { metric: Metric } {
  return {
    metric: {
      name,
      reset: () => undefined,
      get: () => ({
        name,
        help,
        type,
        aggregator: 'sum',
        values: read().map((sample) => ({ metricName: name, ...sample })),
      }),
    },
  };
}

/** Creates a histogram that takes counts by bucket: one for each bound, and one for larger values. */
export function createHistogram(
  name: string,
  help: string,
  bounds: readonly number[],
): { metric: Metric; add(labels: Labels, counts: readonly number[], sum: number): void } {
  const series = createSeries(() => ({ counts: new Array<number>(bounds.length + 1).fill(0), sum: 0 }));
  return {
    add(labels, counts, sum) {
      const { value } = series.at(labels);
      counts.forEach((n, i) => (value.counts[i] = (value.counts[i] ?? 0) + n));
      value.sum += sum;
    },
    metric: {
      name,
      reset: () => series.all.clear(),
      get: () => ({
        name,
        help,
        type: 'histogram',
        aggregator: 'sum',
        values: [...series.all.values()].flatMap(({ labels, value }) => expose(name, labels, value, bounds)),
      }),
    },
  };
}

/** Formats a series cumulatively, as Prometheus expects: each bucket includes all lower ones. */
function expose(
  name: string,
  labels: Labels,
  { counts, sum }: { counts: number[]; sum: number },
  bounds: readonly number[],
): Sample[] {
  let total = 0;
  const buckets = counts.map((n, i) => ({
    metricName: `${name}_bucket`,
    labels: { ...labels, le: bounds[i] === undefined ? '+Inf' : String(bounds[i]) },
    value: (total += n),
  }));
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: total },
  ];
}
