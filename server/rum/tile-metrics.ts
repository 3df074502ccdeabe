import { AGE_BOUNDS, bucketOf, type RumTiles, VALIDATION_BOUNDS } from '../../src/shared/rum-schema';
import { createCounter, createHistogram, type Labels, type Metric } from './metrics';

/** Metrics of users' tiles. */
export interface TileMetrics {
  /** Adds tiles. `layer`: the name as a label. `where`: labels of the region and the experiment. */
  add(tiles: RumTiles, layer: string, where: Labels): void;
  readonly all: readonly Metric[];
}

/** The series that start at 0. */
export interface TileSeries {
  layers: readonly string[];
  places: readonly Labels[];
  maxZoom: number;
}

const STATUSES = ['hit', 'stale', 'revalidated', 'miss', 'error'] as const;
/**
 * Layers times regions times arms of an experiment whose counters start at 0: each adds about 250 lines to every
 * scrape.
 */
const MOST_AT_ZERO = 50;
const BANDS = [4, 8, 12, 16];

/**
 * Returns the zoom's band: `0-4`, `5-8`, `9-12`, `13-16`, `17+`; `none` for URLs without z/x/y; `other` above the
 * highest zoom.
 */
export function zoomBand(zoom: number | null, maxZoom = 22): string {
  if (zoom === null) return 'none';
  if (zoom > maxZoom) return 'other';
  const index = bucketOf(BANDS, zoom);
  const from = index === 0 ? 0 : BANDS[index - 1]! + 1;
  return BANDS[index] === undefined ? `${from}+` : `${from}-${BANDS[index]}`;
}

/** Creates the counters and histograms, by layer, zoom and place. */
export function createTileMetrics({ layers, places, maxZoom }: TileSeries): TileMetrics {
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

  const received = createCounter(
    'tile_network_bytes_total',
    'Bytes of tiles that browsers got over the network, also behind a tile that was answered at once.',
  );

  const placeOf = (layer: string, zoom: number | null, where: Labels): Labels => ({
    layer,
    zoom: zoom === null ? 'none' : zoom > maxZoom ? 'other' : String(zoom),
    zoom_band: zoomBand(zoom, maxZoom),
    ...where,
  });

  // Start every series at 0: `rate()` does not see the step from no series to the first beacon's counts.
  const zooms = Array.from({ length: maxZoom + 1 }, (_, zoom) => zoom);
  if (layers.length * places.length <= MOST_AT_ZERO) {
    for (const layer of layers) {
      for (const where of places) {
        for (const zoom of [...zooms, null]) {
          const at = placeOf(layer, zoom, where);
          for (const status of STATUSES) requests.add({ ...at, status }, 0);
          for (const counter of [hits, misses, stale, behind, errors, mismatches, received]) counter.add(at, 0);
        }
      }
    }
  }

  return {
    add(tiles, layer, where) {
      const { status, count } = tiles;
      const at = placeOf(layer, tiles.zoom, where);
      const fromStore = status === 'hit' || status === 'stale';
      const waited = status === 'miss' || status === 'revalidated';
      requests.add({ ...at, status }, count);
      // Add 0, too: a ratio needs both of its series from the first scrape on.
      hits.add(at, fromStore ? count : 0);
      misses.add(at, waited ? count : 0);
      stale.add(at, tiles.staleServed);
      behind.add(at, fromStore ? tiles.validations.count : 0);
      errors.add(at, tiles.errors);
      mismatches.add(at, tiles.mismatches ?? 0);
      received.add(at, tiles.bytes ?? 0);
      latency.add(at, tiles.validations.buckets, tiles.validations.sum / 1000);
      ages.add(at, tiles.ageBuckets, tiles.ageSum);
    },
    all: [requests, hits, misses, stale, behind, latency, ages, errors, mismatches, received].map(
      ({ metric }) => metric,
    ),
  };
}
