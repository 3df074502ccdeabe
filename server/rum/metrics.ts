/** Labels of one series. */
export type Labels = Record<string, string>;

type MetricType = 'counter' | 'gauge' | 'histogram';

interface Sample {
  /** The name of the sample, if it is not the metric's own. */
  metricName?: string;
  labels: Labels | (Labels & { le: string });
  value: number;
}

/**
 * The interface that prom-client's registry expects of a metric. Metrics of prom-client itself cannot take whole
 * histograms. A registry of the OpenMetrics format renames counters: `get` returns the name that the object then has.
 */
export interface Metric {
  name: string;
  readonly type: MetricType;
  get(this: Pick<Metric, 'name'>): {
    name: string;
    help: string;
    type: MetricType;
    aggregator: 'sum';
    values: Sample[];
  };
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

function metricOf(
  { name, help, type }: { name: string; help: string; type: MetricType },
  read: () => Sample[],
  reset: () => void = () => undefined,
): Metric {
  return {
    name,
    type,
    reset,
    get() {
      return { name: this.name, help, type, aggregator: 'sum', values: read() };
    },
  };
}

/** Creates a counter. Pass labels in the same order each time. */
export function createCounter(
  name: string,
  help: string,
): { metric: Metric; add(labels: Labels, amount: number): void } {
  const { all, at } = createSeries(() => 0);
  const read = () => [...all.values()].map(({ labels, value }) => ({ labels, value }));
  return {
    add: (labels, amount) => void (at(labels).value += amount),
    metric: metricOf({ name, help, type: 'counter' }, read, () => all.clear()),
  };
}

/** Creates a gauge whose value is computed when it is read; `counter` if the value only grows. */
export function createGauge(
  name: string,
  help: string,
  read: () => Array<{ labels: Labels; value: number }>,
  type: 'gauge' | 'counter' = 'gauge',
): { metric: Metric } {
  return { metric: metricOf({ name, help, type }, read) };
}

/** Creates a histogram that takes counts by bucket: one for each bound, and one for larger values. */
export function createHistogram(
  name: string,
  help: string,
  bounds: readonly number[],
): { metric: Metric; add(labels: Labels, counts: readonly number[], sum: number): void } {
  const { all, at } = createSeries(() => ({ counts: new Array<number>(bounds.length + 1).fill(0), sum: 0 }));
  const read = () => [...all.values()].flatMap(({ labels, value }) => expose(name, labels, value, bounds));
  return {
    add(labels, counts, sum) {
      const { value } = at(labels);
      counts.forEach((n, i) => (value.counts[i] = (value.counts[i] ?? 0) + n));
      value.sum += sum;
    },
    metric: metricOf({ name, help, type: 'histogram' }, read, () => all.clear()),
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
