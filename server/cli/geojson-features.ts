import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Extent } from '../detect/changed-area';
import { linesOf, type Unreadable } from './read-lines';

/** The digest of a feature and the extents of its parts. */
export interface FeatureDigest {
  digest: string;
  parts: Extent[];
}

/** Bytes of a file that is one JSON text, which is read as a whole. Files with one feature per line have no limit. */
const MOST_BYTES = 256 * 2 ** 20;
/** Depth of nested geometry collections. */
const MAX_DEPTH = 10;

export const isGeojson = (path: string): boolean => /\.(geojson|geojsonl|geojsons|ndjson)$/i.test(path);

type Json = Record<string, unknown>;

/**
 * Yields the features of a GeoJSON file (RFC 7946), or of a file with one feature per line (RFC 8142). Throws for other
 * files.
 */
export async function* readFeatures(path: string, unreadable: Unreadable): AsyncGenerator<FeatureDigest> {
  const found = await stat(path).catch((cause: unknown) => {
    throw unreadable(path, 'cannot be read', cause);
  });
  if (/\.geojson$/i.test(path)) {
    if (found.size > MOST_BYTES)
      throw unreadable(path, 'is longer than 256 MiB; write a feature in each line (.geojsonl)');
    const text = await readFile(path, 'utf8').catch((cause: unknown) => {
      throw unreadable(path, 'cannot be read', cause);
    });
    // Windows programs begin a text with a byte order mark, which a parser may ignore (RFC 8259 section 8.1).
    const bare = text.replace(/^\ufeff/, '');
    for (const each of featuresOf(parsed(bare))) yield digestOf(each ?? fail(unreadable, path, ''), path, unreadable);
    return;
  }
  let number = 0;
  for await (const line of linesOf(path, unreadable)) {
    number += 1;
    // RFC 8142 puts a record separator before each text; several count as one (RFC 7464 section 2.1).
    const text = line.replace(/^\ufeff?\x1e+/, '').trim();
    if (text === '') continue;
    for (const each of featuresOf(parsed(text)))
      yield digestOf(each ?? fail(unreadable, path, ` in line ${number}`), path, unreadable);
  }
}

function fail(unreadable: Unreadable, path: string, where: string): never {
  throw unreadable(path, `is not GeoJSON in degrees${where}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Yields the features; `undefined` in place of an invalid one. */
function* featuresOf(value: unknown): Generator<Json | undefined> {
  if (!isObject(value) || !inDegrees(value)) return yield undefined;
  if (value.type === 'FeatureCollection' && Array.isArray(value.features))
    for (const each of value.features as unknown[]) yield isObject(each) && each.type === 'Feature' ? each : undefined;
  else if (value.type === 'Feature') yield value;
  else yield { type: 'Feature', geometry: value, properties: null };
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Returns whether the coordinates are in degrees. GeoJSON 2008 allowed other systems; RFC 7946 does not. */
function inDegrees({ crs }: Json): boolean {
  const name = ((crs as { properties?: { name?: unknown } } | null)?.properties?.name ?? '') as string;
  return crs === undefined || crs === null || /CRS84$|(?:EPSG:+|EPSG\/0\/)4326$/.test(String(name));
}

function digestOf(feature: Json, path: string, unreadable: Unreadable): FeatureDigest {
  if (isTooDeep(feature)) throw unreadable(path, 'contains a feature that is nested too deeply');
  // The whole feature: another property may be another colour. The order in which an exporter writes members is no change.
  const digest = createHash('sha256').update(canonical(feature)).digest('base64');
  return { digest, parts: [...partsOf(feature.geometry ?? null, 0)] };

  function* partsOf(geometry: unknown, depth: number): Generator<Extent> {
    if (geometry === null) return;
    if (!isObject(geometry) || depth > MAX_DEPTH) fail(unreadable, path, '');
    const { type, geometries } = geometry;
    if (type === 'GeometryCollection' && Array.isArray(geometries))
      for (const each of geometries) yield* partsOf(each, depth + 1);
    else if (typeof type === 'string' && Object.hasOwn(NESTING, type)) {
      const nested = type.startsWith('Multi') ? geometry.coordinates : [geometry.coordinates];
      if (!Array.isArray(nested)) fail(unreadable, path, '');
      for (const part of nested as unknown[]) yield* extentOf(part, NESTING[type]!) ?? fail(unreadable, path, '');
    } else fail(unreadable, path, '');
  }
}

/**
 * Returns whether the coordinates are degrees. Undeclared metres would otherwise wrap around the world. Longitudes from
 * 0 to 360 and shapes beyond the antimeridian are common; latitudes may exceed 90 only by rounding.
 */
const isOnEarth = (x: number, y: number): boolean => Math.abs(x) <= 540 && Math.abs(y) <= 90.001;

/** The nesting depth of the positions of one part, by geometry type. */
const NESTING: Record<string, number> = {
  ...{ Point: 0, LineString: 1, Polygon: 2, MultiPoint: 0, MultiLineString: 1, MultiPolygon: 2 },
};

/** Returns the extent of one part: empty for an empty part, `undefined` for an invalid one. */
function extentOf(part: unknown, nesting: number): Extent[] | undefined {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  const take = (value: unknown, depth: number): boolean => {
    if (!Array.isArray(value)) return false;
    if (depth > 0) return value.every((each) => take(each, depth - 1));
    const [x, y] = value as unknown[];
    if (value.length === 0) return true;
    if (typeof x !== 'number' || typeof y !== 'number' || !isOnEarth(x, y)) return false;
    [west, south, east, north] = [Math.min(west, x), Math.min(south, y), Math.max(east, x), Math.max(north, y)];
    return true;
  };
  if (!take(part, nesting)) return undefined;
  return west > east ? [] : [[west, south, east, north]];
}

/** Levels of nested arrays and objects in a feature. More would overflow the stack. */
const MAX_LEVELS = 500;

function isTooDeep(value: unknown, level = 0): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return level > MAX_LEVELS || Object.values(value).some((each) => isTooDeep(each, level + 1));
}

/** Serialises JSON with its members in a fixed order. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? 'null';
  const members = Object.keys(value).sort();
  return `{${members.map((each) => `${JSON.stringify(each)}:${canonical(value[each])}`).join(',')}}`;
}
