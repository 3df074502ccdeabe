import { pmtilesOf, type ArchiveTile } from '../../src/shared/pmtiles-writer';
import { OWN } from '../../sw/regions/file-format';
import { body } from './origin';

const ZOOM = 16;
/** Where the region begins, north-west. */
const FROM = 33_000;
export const TILE_BYTES = 1024;

const longitude = (x: number) => (x / 2 ** ZOOM) * 360 - 180;
const latitude = (y: number) => (Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / 2 ** ZOOM))) * 180) / Math.PI;

/** A file of a region of `side` times `side` tiles of 1 KB, no two of them alike, as `regions.export()` writes it. */
export async function regionFile(layer: string, side: number): Promise<Uint8Array> {
  const like = body(TILE_BYTES);
  const tiles: ArchiveTile[] = [];
  for (let x = FROM; x < FROM + side; x += 1)
    for (let y = FROM; y < FROM + side; y += 1) {
      const own = new Uint8Array(like);
      new DataView(own.buffer).setUint32(500, x * 65_536 + y);
      tiles.push({ tile: { z: ZOOM, x, y }, body: own });
    }
  // A little within, so that the tiles beside it are not of the region.
  const bounds = [
    longitude(FROM + 0.1),
    latitude(FROM + side - 0.1),
    longitude(FROM + side - 0.1),
    latitude(FROM + 0.1),
  ] as const;
  const about = {
    id: 'many',
    name: 'many',
    layer,
    bounds,
    zooms: [ZOOM, ZOOM],
    type: 'image/png',
    savedAt: Date.now(),
  };
  const parts = await pmtilesOf(tiles, { tileType: 'png', bounds, metadata: { [OWN]: about } });
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** What a screen of so many tiles shows, at one of many places of such a region; each begins in packs of its own. */
export function screenIn(side: number, place: number, [across, down]: readonly [number, number]) {
  const at = (step: number, room: number) => FROM + ((place * step) % Math.max(1, side - room));
  const [x, y] = [at(53, across), at(101, down)];
  // From the middle of tiles to the middle: an edge touches the next one.
  const bounds = [
    longitude(x + 0.5),
    latitude(y + down - 0.5),
    longitude(x + across - 0.5),
    latitude(y + 0.5),
  ] as const;
  return { bounds, zooms: [ZOOM, ZOOM] as const };
}

/** URLs of `count` tiles all over such a region. */
export const tilesOf = (layer: string, side: number, count: number): string[] =>
  Array.from({ length: count }, (_, at) => {
    const place = Math.floor((at * side * side) / count);
    return `/tiles/${layer}/${ZOOM}/${FROM + Math.floor(place / side)}/${FROM + (place % side)}.png`;
  });
