import type { HealthReport } from '../../src/shared/health-schema';
import {
  AGE_BOUNDS,
  bucketOf,
  type RumBatch,
  type RumTiles,
  type RumVital,
  VALIDATION_BOUNDS,
} from '../../src/shared/rum-schema';
import type { ClientVersions } from '../versions/client-versions';
import type { HeardBeacon } from './beacon-news';
import { createHealthMetrics } from './health-metrics';
import { createCounter, createGauge, createHistogram, type Labels, type Metric } from './metrics';
import { createViewMetrics } from './view-metrics';

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

const STATUSES = ['hit', 'stale', 'revalidated', 'miss', 'error'] as const;
/** Layers times regions times arms of an experiment whose counters are there at 0 from the start: each is some 250 lines of every scrape. */
const MOST_AT_ZERO = 50;
const BANDS = [4, 8, 12, 16];
/** Seconds. */
const VITAL_BOUNDS = [0.05, 0.1, 0.2, 0.5, 0.8, 1, 1.8, 2.5, 3, 4, 6, 10];
const CLS_BOUNDS = [0.01, 0.05, 0.1, 0.15, 0.25, 0.5, 1];

/** `0-4`, `5-8`, `9-12`, `13-16`, `17+`; `none` for URLs without z/x/y; `other` above the highest zoom. */
export function zoomBand(zoom: number | null, maxZoom = 22): string {
  if (zoom === null) return 'none';
  if (zoom > maxZoom) return 'other';
  const index = bucketOf(BANDS, zoom);
  const from = index === 0 ? 0 : BANDS[index - 1]! + 1;
  return BANDS[index] === undefined ? `${from}+` : `${from}-${BANDS[index]}`;
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

  const requests = createCounter('tile_requests_total', 'Tiles answered, by status.');
  const hits = createCounter('tile_cache_hits_total', 'Tiles answered from the store without waiting for the network.');
  const misses = createCounter(
    'tile_cache_misses_total',
    'Tiles that waited for the network, to be fetched or validated.',
  );
  const stale = createCounter('tile_stale_served_total', 'Tiles shown although not proven fresh.');
  const behind = createCounter(
    'tile_background_revalidations_total',
    'Validations behind a tile that was answered at once.',
  );
  const latency = createHistogram(
    'tile_revalidation_latency_seconds',
    'Time a validation took.',
    VALIDATION_BOUNDS.map((ms) => ms / 1000),
  );
  const ages = createHistogram('tile_age_seconds', 'Age of tiles when they were answered.', AGE_BOUNDS);
  const errors = createCounter('tile_origin_errors_total', 'Requests to the origin that failed.');
  const mismatches = createCounter(
    'tile_version_mismatch_total',
    'Tiles of another version than the one in force, as the origin answered them.',
  );
  const vitals = createHistogram('tile_web_vital_seconds', 'Web vitals, by how the tiles were answered.', VITAL_BOUNDS);
  const shifts = createHistogram(
    'tile_web_vital_cls',
    'Cumulative layout shift, by how the tiles were answered.',
    CLS_BOUNDS,
  );
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

  const placeOf = (layer: string, zoom: number | null, where: Labels): Labels => ({
    layer,
    zoom: zoom === null ? 'none' : zoom > maxZoom ? 'other' : String(zoom),
    zoom_band: zoomBand(zoom, maxZoom),
    ...where,
  });

  // There at 0 from the start: `rate()` cannot see the step from nothing to the first beacon's counts.
  const arms = experiments.length > 0 ? [undefined, ...experiments] : [undefined];
  const places = (regions.length > 0 ? [...regions, 'other'] : ['other']).flatMap((region) =>
    arms.map((experiment) => whereOf({ region, ...(experiment !== undefined && { experiment }) })),
  );
  const zooms = Array.from({ length: maxZoom + 1 }, (_, zoom) => zoom);
  if (layers.length * places.length <= MOST_AT_ZERO) {
    for (const layer of layers) {
      for (const where of places) {
        for (const zoom of [...zooms, null]) {
          const at = placeOf(layer, zoom, where);
          for (const status of STATUSES) requests.add({ ...at, status }, 0);
          for (const counter of [hits, misses, stale, behind, errors, mismatches]) counter.add(at, 0);
        }
      }
    }
  }

  function addTiles(tiles: RumTiles, where: Labels): void {
    const { status, count } = tiles;
    const at = placeOf(known(layers, tiles.layer), tiles.zoom, where);
    const fromStore = status === 'hit' || status === 'stale';
    const waited = status === 'miss' || status === 'revalidated';
    requests.add({ ...at, status }, count);
    // Added even when nothing is: a ratio needs both of its series from the first scrape on.
    hits.add(at, fromStore ? count : 0);
    misses.add(at, waited ? count : 0);
    stale.add(at, tiles.staleServed);
    behind.add(at, fromStore ? tiles.validations.count : 0);
    errors.add(at, tiles.errors);
    mismatches.add(at, tiles.mismatches ?? 0);
    latency.add(at, tiles.validations.buckets, tiles.validations.sum / 1000);
    ages.add(at, tiles.ageBuckets, tiles.ageSum);
  }

  function addVital({ name, value, cacheStatus, tile }: RumVital, where: Labels): void {
    const layer = tile ? known(layers, tile.layer) : 'none';
    const at = { name, cache_status: tile?.status ?? cacheStatus, layer, ...where };
    const [histogram, bounds, amount] =
      name === 'CLS' ? [shifts, CLS_BOUNDS, value] : [vitals, VITAL_BOUNDS, value / 1000];
    const counts = new Array<number>(bounds.length + 1).fill(0);
    counts[bucketOf(bounds, amount)] = 1;
    histogram.add(at, counts, amount);
  }

  return {
    add(batch) {
      const where = whereOf(batch);
      for (const tiles of batch.tiles) addTiles(tiles, where);
      for (const vital of batch.vitals ?? []) addVital(vital, where);
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
    all: [
      ...[
        requests,
        hits,
        misses,
        stale,
        behind,
        latency,
        ages,
        errors,
        mismatches,
        vitals,
        shifts,
        beacons,
        versions,
      ].map(({ metric }) => metric),
      ...views.all,
      ...kiosks.all,
    ],
  };
}
