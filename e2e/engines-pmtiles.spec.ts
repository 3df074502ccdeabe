// A layer out of one static file, in every engine: range requests, If-Match, gzip and slices of what is stored.
import { gzipSync } from 'node:zlib';
import { archiveOf, archiveWorker, view } from './fixtures/archive';
import { advance, expect, settle, test, tile } from './fixtures/engine';
import { staticFile } from './server/static-file';
import { mvt } from './server/tiles';

const PATH = '/data/roads.pmtiles';
const places = Array.from({ length: 12 }, (_, i) => `4/${i % 4}/${Math.floor(i / 4)}`);
const paths = places.map((place) => `/tiles/roads/${place}.mvt`);

/** Vector tiles, gzipped as such archives are. */
function vectorArchive(edition: string): Promise<Uint8Array> {
  const tiles = Array.from({ length: 16 * 16 }, (_, i) => {
    const tile = { z: 4, x: i % 16, y: Math.floor(i / 16) };
    return { tile, body: new Uint8Array(gzipSync(mvt(`${edition} 4/${tile.x}/${tile.y}`))) };
  });
  return archiveOf(tiles, { tileType: 'mvt', tileCompression: 'gzip' });
}

test('tiles of an archive are stored, confirmed by one request, and change with the file', async ({
  server,
  controlled,
}) => {
  const file = staticFile(await vectorArchive('one'));
  server.on(PATH, file.behaviour);
  const page = await controlled(archiveWorker({ archive: PATH }));
  expect(await view(page, paths)).toEqual(places.map((place) => `one ${place}`));
  await settle(page);
  const cold = server.requests(PATH).length;
  expect(cold).toBeLessThanOrEqual(8);

  await page.goto(`${server.url}/?again`);
  await advance(page, server, 3600);
  expect(await view(page, paths)).toEqual(places.map((place) => `one ${place}`));
  await settle(page);
  expect(server.requests(PATH)).toHaveLength(cold + 1);

  file.bytes = await vectorArchive('two');
  const fresh = await tile(page, '/tiles/roads/4/12/12.mvt');
  expect(fresh.label).toBe('two 4/12/12');
  expect(fresh.headers['x-tile-version']).toBe(file.etag().replace(/"/g, ''));
  expect(fresh.headers['content-type']).toBe('application/vnd.mapbox-vector-tile');
  expect(await view(page, paths)).toEqual(places.map((place) => `two ${place}`));
});
