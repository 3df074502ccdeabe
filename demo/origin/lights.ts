import { gzipSync } from 'node:zlib';
import { type ArchiveTile, pmtilesOf } from '../../src/shared/pmtiles-writer';
import type { TileId } from '../../src/shared/tile';
import { citiesAbove, type City } from './places';
import { EXTENT, projectX, projectY } from './tile-maths';
import { encode, type TileFeature } from './vector-tiles';

/** The highest zoom of the archive. */
const MAX_ZOOM = 6;
/** The minimum population of a visible place, by zoom. */
const LEAST = [1_000_000, 600_000, 300_000, 120_000, 50_000, 20_000, 5000] as const;
/** Number of colours for editions. */
const HUES = 4;

/** Groups the places of a zoom by their tiles. */
function byTile(z: number, cities: readonly City[], hue: number): Map<string, TileFeature[]> {
  const size = 2 ** z;
  const tiles = new Map<string, TileFeature[]>();
  for (const { longitude, latitude, population } of cities) {
    const [x, y] = [projectX(longitude) * size, projectY(latitude) * size];
    const key = `${Math.floor(x)}/${Math.floor(y)}`;
    const at: [number, number] = [Math.floor((x % 1) * EXTENT), Math.floor((y % 1) * EXTENT)];
    const feature: TileFeature = {
      type: 1,
      geometry: [at],
      tags: { size: Math.round(Math.log10(population) * 10), hue },
    };
    const features = tiles.get(key);
    if (features) features.push(feature);
    else tiles.set(key, [feature]);
  }
  return tiles;
}

/**
 * Returns the lights of the world's cities as a PMTiles file, as a build would put it on a static host. Each edition
 * has another colour.
 */
export async function lightsArchive(edition = 0): Promise<Uint8Array<ArrayBuffer>> {
  const tiles: ArchiveTile[] = [];
  for (let z = 0; z <= MAX_ZOOM; z += 1)
    for (const [key, lights] of byTile(z, citiesAbove(LEAST[z]!), edition % HUES)) {
      const [x, y] = key.split('/').map(Number) as [number, number];
      const tile: TileId = { z, x, y };
      tiles.push({ tile, body: new Uint8Array(gzipSync(encode({ lights }))) });
    }
  const parts = await pmtilesOf(tiles, {
    tileType: 'mvt',
    tileCompression: 'gzip',
    metadata: {
      name: 'City lights',
      attribution: '<a href="https://www.geonames.org/">GeoNames</a>',
      vector_layers: [{ id: 'lights', fields: { size: 'Number', hue: 'Number' } }],
      edition,
    },
  });
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
