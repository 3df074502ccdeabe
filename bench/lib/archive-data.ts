import { pmtilesOf, type ArchiveTile } from '../../src/shared/pmtiles-writer';
import { body } from './origin';

/** The area: this many tiles on each side at the highest zoom, starting at this one. */
const HIGHEST = 12;
const LOWEST = 9;
const SIDE = 96;
const FROM = 2048;
/** Bytes of a tile, 12 KB on average. */
const SIZES = Array.from({ length: 64 }, (_, at) => 8 * 1024 + at * 128);

/** An archive of 12,240 tiles of one town, 145 MB. */
export async function archiveBytes(): Promise<Uint8Array> {
  const bodies = SIZES.map((bytes) => new Uint8Array(body(bytes)));
  const tiles: ArchiveTile[] = [];
  for (let z = LOWEST; z <= HIGHEST; z += 1) {
    const [side, from] = [SIDE >> (HIGHEST - z), FROM >> (HIGHEST - z)];
    for (let x = from; x < from + side; x += 1)
      for (let y = from; y < from + side; y += 1)
        tiles.push({ tile: { z, x, y }, body: bodies[(x * 7919 + y * 104_729) % bodies.length]! });
  }
  return new Uint8Array(await new Blob(await pmtilesOf(tiles, { tileType: 'png' })).arrayBuffer());
}

/** Returns the 20 tiles of a view. Each number is another view. */
export function viewOf(number: number): Array<[z: number, x: number, y: number]> {
  const [x, y] = [FROM + ((number * 37) % (SIDE - 5)), FROM + ((number * 53) % (SIDE - 4))];
  return Array.from({ length: 20 }, (_, at) => [HIGHEST, x + (at % 5), y + Math.floor(at / 5)]);
}
