import type { TileStatus } from './tile-use';
import { CONTROL, integer, list, name, number, oneOf, record, refuse } from './rum-fields';
import { parseView } from './parse-view';
import {
  AGE_BOUNDS,
  groupKey,
  RUM_LIMITS,
  RUM_SCHEMA,
  type RumBatch,
  type RumHistogram,
  type RumTiles,
  type RumVital,
  VALIDATION_BOUNDS,
  type VitalName,
} from './rum-schema';

const STATUSES: readonly TileStatus[] = ['hit', 'stale', 'miss', 'revalidated', 'error'];
const VITALS: readonly VitalName[] = ['CLS', 'FCP', 'INP', 'LCP', 'TTFB'];
const RATINGS = ['good', 'needs-improvement', 'poor'] as const;

/**
 * Checks a beacon field by field. Returns a copy with the known fields only. Throws `INVALID_BEACON`, which names the
 * field, for everything that a client never sends: wrong types, NaN, negative numbers, ages above ten years, histograms
 * that do not match their counts, repeated entries, or more entries or counts than the limits allow.
 */
export function parseRumBatch(value: unknown): RumBatch {
  const batch = record(value, 'beacon');
  if (batch.schema !== RUM_SCHEMA) refuse('schema', `must be ${RUM_SCHEMA}`);
  const sample = number(batch.sample, 'sample', 1);
  if (sample === 0) refuse('sample', 'must be above 0');
  return {
    schema: RUM_SCHEMA,
    id: name(batch.id, 'id'),
    session: name(batch.session, 'session'),
    sentAt: number(batch.sentAt, 'sentAt', Number.MAX_SAFE_INTEGER),
    page: pagePath(batch.page),
    ...(batch.region !== undefined && { region: name(batch.region, 'region') }),
    ...(batch.experiment !== undefined && { experiment: name(batch.experiment, 'experiment') }),
    sample,
    tiles: parseGroups(batch.tiles),
    versions: parseVersions(batch.versions),
    ...(batch.vitals !== undefined && {
      vitals: list(batch.vitals, 'vitals', RUM_LIMITS.vitals).map(parseVital),
    }),
    ...(batch.views !== undefined && { views: list(batch.views, 'views', RUM_LIMITS.views).map(parseView) }),
  };
}

function parseGroups(value: unknown): RumTiles[] {
  const groups = list(value, 'tiles', RUM_LIMITS.tiles).map(parseTiles);
  const keys = new Set<string>();
  const sums = { answers: 0, validations: 0, errors: 0 };
  groups.forEach(({ layer, zoom, status, count, validations, errors }, i) => {
    const key = groupKey(layer, zoom, status);
    if (keys.has(key)) refuse(`tiles[${i}]`, 'repeats the layer, zoom and status of another entry');
    keys.add(key);
    sums.answers += count;
    sums.validations += validations.count;
    sums.errors += errors;
  });
  for (const [what, sum] of Object.entries(sums)) {
    if (sum > RUM_LIMITS.count) refuse('tiles', `count more than ${RUM_LIMITS.count} ${what}`);
  }
  return groups;
}

function parseTiles(value: unknown, index: number): RumTiles {
  const at = `tiles[${index}]`;
  const group = record(value, at);
  const status = oneOf(STATUSES, group.status, `${at}.status`);
  const count = integer(group.count, `${at}.count`, RUM_LIMITS.count);
  const validations = histogram(group.validations, `${at}.validations`);
  const tiles: RumTiles = {
    layer: name(group.layer, `${at}.layer`),
    zoom: group.zoom === null ? null : integer(group.zoom, `${at}.zoom`, RUM_LIMITS.zoom),
    status,
    count,
    ageBuckets: buckets(group.ageBuckets, `${at}.ageBuckets`, AGE_BOUNDS),
    ageSum: number(group.ageSum, `${at}.ageSum`, count * RUM_LIMITS.age),
    ageMax: number(group.ageMax, `${at}.ageMax`, RUM_LIMITS.age),
    staleServed: integer(group.staleServed, `${at}.staleServed`, count),
    validations,
    errors: integer(group.errors, `${at}.errors`, RUM_LIMITS.count),
    ...(group.bytes !== undefined && {
      bytes: integer(group.bytes, `${at}.bytes`, (count + validations.count) * RUM_LIMITS.body),
    }),
    ...(group.mismatches !== undefined && { mismatches: integer(group.mismatches, `${at}.mismatches`, count) }),
  };
  checkAges(tiles, at);
  return tiles;
}

/**
 * Checks that an error has no age, that every other answer has one, and that the sum and the maximum fit the buckets.
 */
function checkAges({ status, count, ageBuckets, ageSum, ageMax }: RumTiles, at: string): void {
  const expected = status === 'error' ? 0 : count;
  if (total(ageBuckets) !== expected) refuse(`${at}.ageBuckets`, `must add up to ${expected}`);
  checkSum(ageBuckets, AGE_BOUNDS, ageSum, `${at}.ageSum`);
  const oldest = ageBuckets.reduce((last, n, i) => (n > 0 ? i : last), -1);
  const above = oldest > 0 ? (AGE_BOUNDS[oldest - 1] ?? 0) : 0;
  const upTo = oldest < 0 ? 0 : (AGE_BOUNDS[oldest] ?? RUM_LIMITS.age);
  if (ageMax < above || ageMax > upTo) refuse(`${at}.ageMax`, `must lie in the oldest bucket, ${above} to ${upTo}`);
}

function histogram(value: unknown, at: string): RumHistogram {
  const parts = record(value, at);
  const count = integer(parts.count, `${at}.count`, RUM_LIMITS.count);
  const sum = number(parts.sum, `${at}.sum`, count * RUM_LIMITS.validation);
  const counts = buckets(parts.buckets, `${at}.buckets`, VALIDATION_BOUNDS);
  if (total(counts) !== count) refuse(`${at}.buckets`, `must add up to ${count}`);
  checkSum(counts, VALIDATION_BOUNDS, sum, `${at}.sum`);
  return { count, sum, buckets: counts };
}

/** Checks that the sum lies between the bounds of the buckets. Allows a millionth for rounding. */
function checkSum(counts: number[], bounds: readonly number[], sum: number, at: string): void {
  const least = counts.reduce((acc, n, i) => acc + n * (bounds[i - 1] ?? 0), 0);
  const most = counts.reduce((acc, n, i) => acc + (n && n * (bounds[i] ?? Infinity)), 0);
  if (sum < least * (1 - 1e-6) || sum > most * (1 + 1e-6)) refuse(at, 'disagrees with the buckets');
}

function parseVersions(value: unknown): Record<string, string> {
  const entries = Object.entries(record(value, 'versions'));
  if (entries.length > RUM_LIMITS.versions) refuse('versions', `holds more than ${RUM_LIMITS.versions} entries`);
  return Object.fromEntries(
    entries.map(([layer, version]) => [
      name(layer, 'versions'),
      name(version, `versions.${layer.slice(0, RUM_LIMITS.name)}`),
    ]),
  );
}

function parseVital(value: unknown, index: number): RumVital {
  const at = `vitals[${index}]`;
  const vital = record(value, at);
  return {
    name: oneOf(VITALS, vital.name, `${at}.name`),
    value: number(vital.value, `${at}.value`, 3_600_000),
    ...(vital.rating !== undefined && { rating: oneOf(RATINGS, vital.rating, `${at}.rating`) }),
    ...(vital.tile !== undefined && { tile: vitalTile(vital.tile, `${at}.tile`) }),
    cacheStatus: oneOf([...STATUSES, 'none'] as const, vital.cacheStatus, `${at}.cacheStatus`),
  };
}

function vitalTile(value: unknown, at: string): NonNullable<RumVital['tile']> {
  const tile = record(value, at);
  return {
    layer: name(tile.layer, `${at}.layer`),
    status: oneOf(STATUSES, tile.status, `${at}.status`),
    age: number(tile.age, `${at}.age`, RUM_LIMITS.age),
  };
}

function pagePath(value: unknown): string {
  if (typeof value !== 'string' || value.length > RUM_LIMITS.page || CONTROL.test(value)) {
    refuse('page', `must be a string of at most ${RUM_LIMITS.page} characters`);
  }
  if (/[?#]/.test(value)) refuse('page', 'must be a path without query and fragment');
  return value;
}

function buckets(value: unknown, at: string, bounds: readonly number[]): number[] {
  const counts = list(value, at, bounds.length + 1);
  if (counts.length <= bounds.length) refuse(at, `must hold ${bounds.length + 1} counts`);
  return counts.map((n, i) => integer(n, `${at}[${i}]`, RUM_LIMITS.count));
}

function total(counts: number[]): number {
  return counts.reduce((acc, n) => acc + n, 0);
}
