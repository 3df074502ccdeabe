// A layer from a PMTiles file in Chromium, Firefox and WebKit: on a good host, on a slow one without validators, and on one
// without range requests.
import { rasterArchive, view } from './fixtures/archive';
import { advance, expect, register, setClock, settle, test, tile } from './fixtures/engine';
import { staticFile } from './server/static-file';

const [ROADS, PLAIN, WHOLE] = ['/data/roads.pmtiles', '/data/plain.pmtiles', '/data/whole.pmtiles'];
const WORKER = `
  import { now } from 'test-preamble';
  import { createTileCache } from 'sw-tile-cache/sw';
  import { pmtiles } from 'sw-tile-cache/sw/pmtiles';
  createTileCache({
    now,
    layers: { roads: { archive: '${ROADS}' }, plain: { archive: '${PLAIN}' }, whole: { archive: '${WHOLE}' } },
    archives: pmtiles(),
  }).register({ skipWaiting: true, claim: true });
`;
const block = Array.from({ length: 12 }, (_, i) => `4/${4 + (i % 4)}/${4 + Math.floor(i / 4)}`);
const pathsOf = (layer: string) => block.map((at) => `/tiles/${layer}/${at}.png`);
const of = (edition: string) => block.map((at) => `${edition} ${at}`);

test('answers with tiles of one edition of a file, also when its host is gone', async ({ engine: page, server }) => {
  const roads = staticFile(await rasterArchive('one', 4));
  const plain = staticFile(await rasterArchive('slow', 4), { noEtag: true, noModified: true, delay: 150 });
  const whole = staticFile(await rasterArchive('whole', 4), { noRanges: true });
  let reachable = true;
  server.on(ROADS, (request) => (reachable ? roads.behaviour(request) : { reset: true }));
  server.on(PLAIN, (request) => (reachable ? plain.behaviour(request) : { reset: true }));
  server.on(WHOLE, (request) => (reachable ? whole.behaviour(request) : { reset: true }));
  await page.goto(`${server.url}/`);
  await register(page, await server.worker(WORKER));
  await setClock(page, server);

  expect(await view(page, pathsOf('roads'))).toEqual(of('one'));
  expect(await view(page, pathsOf('plain'))).toEqual(of('slow'));
  expect(await view(page, pathsOf('whole'))).toEqual(of('whole'));
  const asked = server.requests(ROADS);
  expect(asked.length).toBeLessThanOrEqual(2 + 6);
  for (const { headers } of asked.slice(1)) expect(headers['if-match']).toBe(roads.etag());
  // The worker stores the whole file: tiles cause no further requests.
  expect(server.requests(WHOLE).length).toBeLessThanOrEqual(2);
  await settle(page);

  reachable = false;
  await advance(page, server, 3600);
  expect(await view(page, pathsOf('roads'))).toEqual(of('one'));
  expect(await view(page, pathsOf('plain'))).toEqual(of('slow'));
  expect(await view(page, pathsOf('whole'))).toEqual(of('whole'));
  expect((await tile(page, '/tiles/roads/4/15/15.png')).status).not.toBe(200);
  await settle(page);

  reachable = true;
  roads.bytes = await rasterArchive('two', 4);
  plain.bytes = await rasterArchive('other', 4);
  whole.bytes = await rasterArchive('all', 4);
  await advance(page, server, 3600);
  for (const [layer, edition] of [
    ['roads', 'two'],
    ['plain', 'other'],
    ['whole', 'all'],
  ] as const) {
    // Within the layer's patience, tiles of the old file may appear.
    await expect
      .poll(async () => {
        const shown = await view(page, pathsOf(layer));
        expect([...of('one'), ...of('slow'), ...of('whole'), ...of(edition)]).toEqual(expect.arrayContaining(shown));
        return shown;
      })
      .toEqual(of(edition));
  }

  // The file is replaced while a view loads: each tile is complete, and comes from either file.
  const further = Array.from({ length: 12 }, (_, i) => `4/${9 + (i % 4)}/${9 + Math.floor(i / 4)}`);
  const reading = view(
    page,
    further.map((at) => `/tiles/roads/${at}.png`),
  );
  roads.bytes = await rasterArchive('three', 4);
  for (const [i, label] of (await reading).entries())
    expect([`two ${further[i]}`, `three ${further[i]}`]).toContain(label);
});
