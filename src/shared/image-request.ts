import { areaOfBox, readNumbers } from './mercator-box';
import type { TileCrs, TileId } from './tile';
import { placeOf, tileOf, tileSize, type TilePlace } from './tile-place';

/** An image that a page requests by parameters: WMS, WMTS, or an ArcGIS export. */
export interface ImageRequest {
  /** The image's place. Absent if the parameters do not tell it (a national grid). */
  place?: TilePlace;
  /** The tile, if the image is exactly one tile of its grid. */
  tile?: TileId;
  /** The names of the parameters, in lower case, that `place` replaces in the key. */
  said: readonly string[];
}

/** Parameters by their names in lower case. */
export type Kvp = ReadonlyMap<string, string>;

/** Reads the parameters of a query. Only the server knows which of two values of one name counts: they tell nothing. */
export function kvpOf(parts: Iterable<readonly [name: string, value: string]>): Kvp {
  const kvp = new Map<string, string>();
  for (const [name, value] of parts) {
    const lower = name.toLowerCase();
    kvp.set(lower, (kvp.get(lower) ?? value) === value ? value : '');
  }
  return kvp;
}

/** A cheap test: most tiles have none of these. */
export const mayBeImage = (search: string) => /[?&](bbox|request|tilerow)=/i.test(search);

/** The code of Web Mercator: alone, at the end of a name or URL, or at the end of ArcGIS's JSON. */
const MERCATOR = /(^|[:/])(3857|900913|3785|102100|102113)\}?$/;
const OTHER = /(EPSG|ESRI|IGNF)\b\D*\d/i;
/**
 * Names and codes of matrix sets in other grids, as their publishers write them. The rows of such a set lie elsewhere.
 */
const ELSEWHERE =
  /utm|ups[A-Z]|lamb|laea|nztm|etrs|nad\d|sweref|osgb|bng|lv(03|95)|worldmercator|(?<!\d)(\d{5}|2056|2154|2180|2193|3006|3031|3035|3067|3395|3413|5514)(?!\d)/i;

/** Returns the grid of a coordinate system, and whether its boxes begin with the latitude. */
function crsOf(name: string, latitudeFirst: boolean): { crs: Exclude<TileCrs, 'simple'>; swap: boolean } | undefined {
  if (MERCATOR.test(name)) return { crs: 'EPSG:3857', swap: false };
  if (/CRS:?84$/i.test(name)) return { crs: 'EPSG:4326', swap: false };
  return /(^|[:/])4326\}?$/.test(name) ? { crs: 'EPSG:4326', swap: latitudeFirst } : undefined;
}

/** Reads a GetMap request. WMS 1.3.0 uses the axis order of the coordinate system: latitude first for EPSG:4326. */
function ofBox(kvp: Kvp): ImageRequest {
  const box = readNumbers(kvp.get('bbox') ?? '');
  const version = kvp.get('version');
  // OGC API: `bbox-crs` is the box's system, `crs` the image's. The box's takes precedence.
  const own = kvp.get('bbox-crs') ?? kvp.get('crs');
  const [srs, isOld] = [kvp.get('srs'), /^1\.[01]/.test(version ?? '')];
  // Clients that send both mean the one that the version reads.
  const named = (isOld ? (srs ?? own) : (own ?? srs)) ?? kvp.get('bboxsr') ?? '';
  const grid = crsOf(named, version ? !isOld : own !== undefined);
  if (!box || !grid) return { said: [] };
  const [a, b, c, d] = box;
  const pixels = Number(kvp.get('width') ?? kvp.get('size')?.split(/,|%2C/i)[0]);
  const area = areaOfBox(grid.crs, grid.swap ? [b, a, d, c] : box, pixels > 0 ? pixels : undefined);
  if (!area) return { said: [] };
  const tile = tileOf(area);
  if (!tile || !inGrid(grid.crs, tile)) return { place: area, said: ['bbox'] };
  return { place: placeOf(grid.crs, tile), tile, said: ['bbox'] };
}

const inGrid = (crs: TileCrs, { z, x, y }: TileId) =>
  x >= 0 && y >= 0 && y < 2 ** z && x < (crs === 'EPSG:4326' ? 2 : 1) * 2 ** z && tileSize(crs, z) > 0;

/** `3`, `EPSG:3857:3`, `Level-03`; but no `EPSG:3857:-1`, and no scale such as `500000`. */
const ZOOM = /(?:^|:|[^\d.:-]-?)(\d{1,2})$/;

/**
 * Reads a GetTile request. The matrix's name ends with the zoom. The grid follows from the names of the set and the
 * matrix, otherwise from the layer.
 */
function ofMatrix(kvp: Kvp, crs: TileCrs): ImageRequest {
  const matrix = kvp.get('tilematrix') ?? '';
  const set = kvp.get('tilematrixset') ?? '';
  const z = ZOOM.exec(matrix)?.[1];
  const [y, x] = [kvp.get('tilerow') ?? '', kvp.get('tilecol') ?? ''];
  if (z === undefined || !/^\d{1,16}$/.test(x) || !/^\d{1,16}$/.test(y)) return { said: [] };
  const names = `${set} ${matrix.slice(0, -z.length)}`;
  const grid: TileCrs | undefined = ELSEWHERE.test(names)
    ? undefined
    : /3857|900913|google|mercator/i.test(names)
      ? 'EPSG:3857'
      : /4326|crs:?84|wgs:?84/i.test(names)
        ? 'EPSG:4326'
        : OTHER.test(names)
          ? undefined
          : crs;
  const tile = { z: +z, x: +x, y: +y };
  if (!grid || !inGrid(grid, tile)) return { said: [] };
  return { place: placeOf(grid, tile), tile, said: ['tilematrix', 'tilerow', 'tilecol'] };
}

/** Returns the image that the parameters ask for, or `undefined` if they ask for none. `crs` is the layer's own. */
export function readImageRequest(kvp: Kvp, crs: TileCrs): ImageRequest | undefined {
  const request = kvp.get('request')?.toLowerCase();
  // GetFeatureInfo, GetFeature (WFS), GetCoverage (WCS): they change with the image of their box.
  const open = !request || /^get(f|cov)/.test(request);
  if (request === 'gettile' || (open && kvp.has('tilerow') && kvp.has('tilecol'))) return ofMatrix(kvp, crs);
  if (request === 'getmap' || (open && kvp.has('bbox'))) return ofBox(kvp);
  return undefined;
}
