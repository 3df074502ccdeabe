import type { TileCrs, TileId } from './tile';
import { tileSize, type TileArea } from './tile-place';

/** Half of the world's width in Web Mercator, in metres. */
const HALF = Math.PI * 6378137;

/** Returns the four numbers of a box, or `undefined`. The commas may be escaped. */
export function readNumbers(text: string): [number, number, number, number] | undefined {
  const parts = text.split(/,|%2C/i);
  const numbers = parts.map((part) => (/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(part) ? Number(part) : NaN));
  return numbers.length === 4 && numbers.every(Number.isFinite)
    ? (numbers as [number, number, number, number])
    : undefined;
}

/**
 * Returns the area of a box in the units of its grid: metres for EPSG:3857, degrees for EPSG:4326. `pixels` is the
 * image's width, which determines the zoom. Without it, the box counts as one tile wide.
 */
export function areaOfBox(
  crs: Exclude<TileCrs, 'simple'>,
  [minX, minY, maxX, maxY]: readonly [number, number, number, number],
  pixels = 256,
): TileArea | undefined {
  const [shareX, shareY] =
    crs === 'EPSG:3857'
      ? [(x: number) => x / HALF / 2 + 0.5, (y: number) => 0.5 - y / HALF / 2]
      : [(x: number) => x / 360 + 0.5, (y: number) => (90 - y) / 360];
  const box = { west: shareX(minX), north: shareY(maxY), east: shareX(maxX), south: shareY(minY) };
  if (!(box.west < box.east && box.north < box.south)) return undefined;
  const zoom = Math.log2((tileSize(crs, 0) * (pixels / 256)) / (box.east - box.west));
  return { crs, zoom, size: tileSize(crs, Math.floor(zoom)), ...box };
}

/**
 * Returns the text that MapLibre and Mapbox write for `{bbox-epsg-3857}`. Every digit matters: a purge by URL must find
 * the same URL.
 */
export function mercatorBox({ z, x, y }: TileId): string {
  const resolution = (2 * Math.PI * 6378137) / 256 / 2 ** z;
  const south = 2 ** z - y - 1;
  const metres = (pixel: number) => pixel * resolution - (2 * Math.PI * 6378137) / 2.0;
  return [x * 256, south * 256, (x + 1) * 256, (south + 1) * 256].map(metres).join(',');
}
