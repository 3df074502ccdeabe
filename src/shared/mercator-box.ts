import type { TileCrs, TileId } from './tile';
import { tileSize, type TileArea } from './tile-place';

/** Half the world's width in metres of Web Mercator. */
const HALF = Math.PI * 6378137;

/** The four numbers of a box, or `undefined`. Commas may be escaped. */
export function readNumbers(text: string): [number, number, number, number] | undefined {
  const parts = text.split(/,|%2C/i);
  const numbers = parts.map((part) => (/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(part) ? Number(part) : NaN));
  return numbers.length === 4 && numbers.every(Number.isFinite)
    ? (numbers as [number, number, number, number])
    : undefined;
}

/**
 * The area of a box in the units of its grid: metres of EPSG:3857, degrees of EPSG:4326. `pixels`: the image's width,
 * which says what zoom it is meant for; without it the box is one tile wide.
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
 * Returns the text that MapLibre and Mapbox put in place of `{bbox-epsg-3857}`, to the last digit: a purge by URL must
 * hit it.
 */
export function mercatorBox({ z, x, y }: TileId): string {
  const resolution = (2 * Math.PI * 6378137) / 256 / 2 ** z;
  const south = 2 ** z - y - 1;
  const metres = (pixel: number) => pixel * resolution - (2 * Math.PI * 6378137) / 2.0;
  return [x * 256, south * 256, (x + 1) * 256, (south + 1) * 256].map(metres).join(',');
}
