import { originGauges } from './origin-gauges';
import type { TileOriginOptions } from './origin-types';
import { nameCdns } from './publish/named-purger';
import { createPublishMetrics } from './publish/publish-metrics';
import { createEgressMetrics } from './rum/egress-metrics';
import { createRumMetrics } from './rum/rum-metrics';
import type { createTilePaths } from './tiles/tile-layer';
import { createClientVersions } from './versions/client-versions';
import { layerState, type OriginState } from './versions/state';
import type { StreamStats } from './versions/stream-handler';

interface OriginMetricsParts {
  /** Returns the newest state that this instance knows. */
  known: () => OriginState;
  streamStats: () => StreamStats;
  pathOf: ReturnType<typeof createTilePaths>;
  now: () => number;
}

/** Creates all metrics of an origin, and the parts that feed them. */
export function createOriginMetrics(
  options: TileOriginOptions,
  { known, streamStats, pathOf, now }: OriginMetricsParts,
) {
  const { layers: configured = {}, rum: { clientWindow = 300, regions = [], experiments = [], kiosks = [] } = {} } =
    options;
  const layers = Object.keys(configured);
  const edges = nameCdns(options.publish?.purgers ?? []).map(({ cdn }) => cdn);
  const inForce = (layer: string) => layerState(known(), layer)?.version;
  const clients = createClientVersions({ window: clientWindow }, now);
  const rum = createRumMetrics({ layers, regions, experiments, kiosks }, clients, inForce, now);
  const published = createPublishMetrics({ layers, edges }, known);
  const egress = createEgressMetrics(layers, options.layerOf ?? ((request) => pathOf(request)?.layer));
  const gauges = originGauges(configured, streamStats, known);
  return { rum, published, egress, all: [...rum.all, ...published.all, ...egress.all, ...gauges] };
}
