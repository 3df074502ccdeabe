import type { HealthReport } from '../../src/shared/health-schema';
import type { RumBatch } from '../../src/shared/rum-schema';
import type { ClientVersions } from '../versions/client-versions';
import type { HeardBeacon } from './beacon-news';
import { createHealthMetrics } from './health-metrics';
import { createCounter, createGauge, type Labels, type Metric } from './metrics';
import { createTileMetrics } from './tile-metrics';
import { createViewMetrics } from './view-metrics';
import { createVitalMetrics } from './vital-metrics';

/** Allowed labels. Everything else counts as `other`, so that no sender can create series. */
export interface RumLabels {
  layers: readonly string[];
  /** Regions. If there are none, the label `region` is omitted. @default [] */
  regions?: readonly string[];
  /** Arms of an experiment. If there are none, the label `experiment` is omitted. @default [] */
  experiments?: readonly string[];
  /** The highest zoom of all layers. @default 22 */
  maxZoom?: number;
  /** Names of kiosks that report their health. @default [] */
  kiosks?: readonly string[];
}

const OUTCOMES = ['accepted', 'repeated', 'refused', 'limited', 'foreign'] as const;

/** Metrics of what users experienced. */
export interface RumMetrics {
  add(batch: RumBatch): void;
  /** Takes a kiosk's health report. */
  health(report: HealthReport): void;
  /** Notes that another instance counted the beacon, and that its page view or kiosk now belongs to that instance. */
  elsewhere(beacon: HeardBeacon, later: boolean): void;
  /** Counts a beacon by its outcome. */
  beacon(outcome: (typeof OUTCOMES)[number]): void;
  readonly all: readonly Metric[];
}

/** Converts beacons to Prometheus metrics. They count only the sessions that report: divide by the sample for all. */
export function createRumMetrics(
  labels: RumLabels,
  clients: ClientVersions,
  inForce: (layer: string) => string | undefined,
  now: () => number = Date.now,
): RumMetrics {
  const views = createViewMetrics();
  const kiosks = createHealthMetrics(labels.kiosks ?? [], now);
  const { layers, regions = [], experiments = [], maxZoom = 22 } = labels;
  const known = (names: readonly string[], name: string) => (names.includes(name) ? name : 'other');
  const whereOf = ({ region = 'other', experiment }: Pick<RumBatch, 'region' | 'experiment'>): Labels => ({
    ...(regions.length > 0 && { region: known(regions, region) }),
    ...(experiments.length > 0 && { experiment: experiment === undefined ? 'none' : known(experiments, experiment) }),
  });

  const beacons = createCounter('tile_rum_beacons_total', 'Beacons, by what became of them.');
  for (const outcome of OUTCOMES) beacons.add({ outcome }, 0);
  const versions = createGauge(
    'tile_clients',
    'Page views heard of lately, by whether they have the version in force.',
    () =>
      clients.drift(inForce).flatMap(({ layer, current, old }) => [
        { labels: { layer, state: 'current' }, value: current },
        { labels: { layer, state: 'old' }, value: old },
      ]),
  );

  const arms = experiments.length > 0 ? [undefined, ...experiments] : [undefined];
  const places = (regions.length > 0 ? [...regions, 'other'] : ['other']).flatMap((region) =>
    arms.map((experiment) => whereOf({ region, ...(experiment !== undefined && { experiment }) })),
  );
  const tiles = createTileMetrics({ layers, places, maxZoom });
  const vitals = createVitalMetrics();

  return {
    add(batch) {
      const where = whereOf(batch);
      for (const one of batch.tiles) tiles.add(one, known(layers, one.layer), where);
      for (const vital of batch.vitals ?? [])
        vitals.add(vital, vital.tile ? known(layers, vital.tile.layer) : 'none', where);
      const knows = (layer: string) => layers.includes(layer) || inForce(layer) !== undefined;
      clients.seen(batch.session, batch.versions, knows, batch.sentAt);
      for (const view of batch.views ?? []) views.add(view, known(layers, view.layer), where);
    },
    health: kiosks.add,
    elsewhere({ of, at }, later) {
      if ('session' in of) clients.elsewhere(of.session, at, later);
      else kiosks.elsewhere(of.kiosk, at, later);
    },
    beacon: (outcome) => beacons.add({ outcome }, 1),
    all: [...tiles.all, ...vitals.all, beacons.metric, versions.metric, ...views.all, ...kiosks.all],
  };
}
