import type { Metric } from './metrics';

/** Statistics of page views for one layer. */
export interface LayerSeen {
  /** The number of recent page views that have the version in force. */
  current: number;
  /** The number of recent page views that have another version. */
  old: number;
  /** Tiles answered since the instance started, by status. */
  answers: Record<string, number>;
  /** Tiles shown without proof that they were fresh. */
  stale: number;
  /** Requests to the origin that failed. */
  errors: number;
  /** Tiles that the origin labelled with another version than the one in force. */
  mismatches: number;
}

/** Statistics of beacons since this instance started. */
export interface ClientStats {
  /** The statistics of each layer, by name. */
  layers: Record<string, LayerSeen>;
  /** The number of beacons by outcome. */
  beacons: Record<string, number>;
}

/** Sums metrics up by layer. Pure. */
export function clientStatsOf(metrics: readonly Metric[]): ClientStats {
  const layers = new Map<string, LayerSeen>();
  const beacons: ClientStats['beacons'] = {};
  const layer = (name: string): LayerSeen => {
    const known = layers.get(name) ?? { current: 0, old: 0, answers: {}, stale: 0, errors: 0, mismatches: 0 };
    layers.set(name, known);
    return known;
  };
  const take: Record<string, (labels: Record<string, string>, value: number) => void> = {
    tile_clients: ({ layer: name = '', state }, value) =>
      void (layer(name)[state === 'current' ? 'current' : 'old'] += value),
    tile_requests_total: ({ layer: name = '', status = '' }, value) => {
      const { answers } = layer(name);
      answers[status] = (answers[status] ?? 0) + value;
    },
    tile_stale_served_total: ({ layer: name = '' }, value) => void (layer(name).stale += value),
    tile_origin_errors_total: ({ layer: name = '' }, value) => void (layer(name).errors += value),
    tile_version_mismatch_total: ({ layer: name = '' }, value) => void (layer(name).mismatches += value),
    tile_rum_beacons_total: ({ outcome = '' }, value) => void (beacons[outcome] = (beacons[outcome] ?? 0) + value),
  };
  for (const metric of metrics) {
    const add = take[metric.name];
    if (add) for (const { labels, value } of metric.get().values) add(labels, value);
  }
  return { layers: Object.fromEntries([...layers].sort(([a], [b]) => (a < b ? -1 : 1))), beacons };
}
