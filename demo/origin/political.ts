import { Resvg } from '@resvg/resvg-js';
import type { BBox, TileId } from '../../src/shared/tile';
import type { Edition } from './editions';
import { seed } from './seed';
import { EXTENT, inTile, unprojectY } from './tile-maths';
import { worldIn, type TileFeature } from './vector-tiles';

/** Number of colours of the political map. */
export const COLOURS = 6;

const FILLS = ['#f3e3c3', '#e3d3e8', '#cfe3c8', '#f5d2c0', '#d3dfee', '#efe9a9'] as const;
const OCEAN = '#b9d7e6';

/** Returns the colour of a country. Each edition has another one. */
export function colourOf(code: string, whole: number): number {
  return (seed(code) + whole * (1 + (seed(`${code} step`) % (COLOURS - 1)))) % COLOURS;
}

function path({ type, geometry }: TileFeature): string {
  return (geometry as number[][][])
    .map((ring) => `M${ring.map(([x, y]) => `${x} ${y}`).join('L')}${type === 3 ? 'Z' : ''}`)
    .join('');
}

function clip(box: BBox, index: number, tile: TileId): string {
  const [left, top] = inTile(box[0], box[3], tile);
  const [right, bottom] = inTile(box[2], box[1], tile);
  return `<clipPath id="b${index}"><rect x="${left}" y="${top}" width="${Math.max(0, right - left)}" height="${bottom - top}"/></clipPath>`;
}

/** Returns meridians and parallels, ten degrees apart at low zooms and closer at higher ones. */
function graticule(tile: TileId): string {
  const step = [30, 30, 15, 10, 5, 5, 2, 1, 0.5][tile.z] ?? 0.5;
  const degrees = 360 / 2 ** tile.z;
  const west = tile.x * degrees - 180;
  const north = unprojectY(tile.y / 2 ** tile.z);
  const south = unprojectY((tile.y + 1) / 2 ** tile.z);
  const lines: string[] = [];
  for (let at = Math.ceil(west / step) * step; at <= west + degrees; at += step) {
    lines.push(`M${inTile(at, 0, tile)[0]} 0V${EXTENT}`);
  }
  for (let at = Math.ceil(south / step) * step; at <= north; at += step) {
    lines.push(`M0 ${inTile(0, at, tile)[1]}H${EXTENT}`);
  }
  return lines.join('');
}

/** Renders a tile of a political map as a PNG: coastlines, countries in six colours, and a graticule. */
export function politicalTile(tile: TileId, edition: Edition, size = 256): Uint8Array {
  const { countries, borders } = worldIn(tile);
  const unit = EXTENT / 256;
  const all = countries.map(path).join('');
  const filled = (shift: number) =>
    countries
      .map(
        (country) =>
          `<path d="${path(country)}" fill="${FILLS[(colourOf(String(country.tags.code), edition.whole) + shift) % COLOURS]}"/>`,
      )
      .join('');
  const waterLines = [22, 14, 7]
    .map((width) => `<path d="${all}" stroke="#fff" stroke-opacity=".2" stroke-width="${width * unit}"/>`)
    .join('');
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${EXTENT} ${EXTENT}" width="${size}" height="${size}" fill="none" fill-rule="evenodd" stroke-linejoin="round">
<defs>${edition.boxes.map((box, index) => clip(box, index, tile)).join('')}</defs>
<rect width="${EXTENT}" height="${EXTENT}" fill="${OCEAN}"/>${waterLines}
<path d="${graticule(tile)}" stroke="#5d8ba3" stroke-opacity=".35" stroke-width="${0.6 * unit}"/>
${filled(0)}${edition.boxes.map((_, index) => `<g clip-path="url(#b${index})">${filled(index + 1)}</g>`).join('')}
<path d="${all}" stroke="#4d7f99" stroke-width="${0.9 * unit}"/>
<path d="${borders.map(path).join('')}" stroke="#8a7f93" stroke-width="${0.8 * unit}" stroke-dasharray="${3 * unit} ${2 * unit}"/>
</svg>`;
  return new Resvg(svg, { font: { loadSystemFonts: false } }).render().asPng();
}
