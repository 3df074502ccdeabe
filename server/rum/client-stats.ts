import type { Metric } from './metrics';

/** What page views say of one layer. */
export interface LayerSeen {
  /** Page views heard of lately that have the version in force, and those that have another one. */
  current: number;
  /** Page views heard of lately that have another version. */
  old: number;
  /** Tiles answered since the start, by status. */
  answers: Record<string, number>;
  /** Tiles shown although not proven fresh. */
  stale: number;
  /** Requests to the origin that failed. */
  errors: number;
  /** Tiles that came with another version than the one in force. */
  mismatches: number;
}

/** What beacons say, as an operator reads it; since this instance was started. */
export interface ClientStats {
  /** By layer. */
  layers: Record<string, LayerSeen>;
  /** Beacons by what became of them. */
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
