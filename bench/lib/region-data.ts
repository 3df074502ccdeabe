import { pmtilesOf, type ArchiveTile } from '../../src/shared/pmtiles-writer';
import { REGION_METADATA } from '../../sw/regions/file-format';
import { body } from './origin';

export const ZOOM = 16;
/** The north-western corner of the region, as a column and a row. */
const FROM = 33_000;
export const TILE_BYTES = 1024;

const longitude = (x: number) => (x / 2 ** ZOOM) * 360 - 180;
const latitude = (y: number) => (Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / 2 ** ZOOM))) * 180) / Math.PI;

/** Returns the bounds of `side` × `side` tiles, slightly reduced so that they touch no neighbours. */
export const boundsOf = (side: number): readonly [number, number, number, number] => [
  longitude(FROM + 0.1),
  latitude(FROM + side - 0.1),
  longitude(FROM + side - 0.1),
  latitude(FROM + 0.1),
];

/** Returns the file of a region of `side` times `side` different tiles, as `regions.export()` writes it. */
export async function regionFile(layer: string, side: number, bytes = TILE_BYTES): Promise<Uint8Array> {
  const like = body(bytes);
  const tiles: ArchiveTile[] = [];
  for (let x = FROM; x < FROM + side; x += 1)
    for (let y = FROM; y < FROM + side; y += 1) {
      const own = new Uint8Array(like);
      new DataView(own.buffer).setUint32(500, x * 65_536 + y);
      tiles.push({ tile: { z: ZOOM, x, y }, body: own });
    }
  const bounds = boundsOf(side);
  const about = {
    id: 'many',
    name: 'many',
    layer,
    bounds,
    zooms: [ZOOM, ZOOM],
    type: 'image/png',
    savedAt: Date.now(),
  };
  const parts = await pmtilesOf(tiles, { tileType: 'png', bounds, metadata: { [REGION_METADATA]: about } });
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/**
 * Returns the bounds of a screen of this many tiles at one of many places in such a region. The places are far enough apart
 * to be in different packs.
 */
export function screenIn(side: number, place: number, [across, down]: readonly [number, number]) {
  const at = (step: number, room: number) => FROM + ((place * step) % Math.max(1, side - room));
  const [x, y] = [at(53, across), at(101, down)];
  // End the box in the middle of tiles: at an edge, it would touch the next tile.
  const bounds = [
    longitude(x + 0.5),
    latitude(y + down - 0.5),
    longitude(x + across - 0.5),
    latitude(y + 0.5),
  ] as const;
  return { bounds, zooms: [ZOOM, ZOOM] as const };
}

/** Returns the URLs of `count` tiles spread over such a region. */
export const tilesOf = (layer: string, side: number, count: number): string[] =>
  Array.from({ length: count }, (_, at) => {
    const place = Math.floor((at * side * side) / count);
    return `/tiles/${layer}/${ZOOM}/${FROM + Math.floor(place / side)}/${FROM + (place % side)}.png`;
  });
