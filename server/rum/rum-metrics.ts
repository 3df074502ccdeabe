import type { HealthReport } from '../../src/shared/health-schema';
import type { RumBatch } from '../../src/shared/rum-schema';
import type { ClientVersions } from '../versions/client-versions';
import type { HeardBeacon } from './beacon-news';
import { createHealthMetrics } from './health-metrics';
import { createCounter, createGauge, type Labels, type Metric } from './metrics';
import { createTileMetrics } from './tile-metrics';
import { createViewMetrics } from './view-metrics';
import { createVitalMetrics } from './vital-metrics';

/** Which labels there may be: everything else is `other`, so that no sender can make series without end. */
export interface RumLabels {
  layers: readonly string[];
  /** Without regions there is no label `region`. @default [] */
  regions?: readonly string[];
  /** Arms of an experiment; without them there is no label `experiment`. @default [] */
  experiments?: readonly string[];
  /** The highest zoom that any layer has. @default 22 */
  maxZoom?: number;
  /** Names of kiosks that report their health. @default [] */
  kiosks?: readonly string[];
}

const OUTCOMES = ['accepted', 'repeated', 'refused', 'limited', 'foreign'] as const;

/** Metrics of what users saw. */
export interface RumMetrics {
  add(batch: RumBatch): void;
  /** A kiosk's report of its own health. */
  health(report: HealthReport): void;
  /** Another instance counted it: its page view or kiosk is that one's now. */
  elsewhere(beacon: HeardBeacon, later: boolean): void;
  /** Counts a beacon by what became of it. */
  beacon(outcome: (typeof OUTCOMES)[number]): void;
  readonly all: readonly Metric[];
}

/** Turns beacons into Prometheus metrics. Counts are of the sessions that report: divide by the sample for all. */
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
