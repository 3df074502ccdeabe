import { archiveWorker, rasterArchive, view } from './fixtures/archive';
import { hear, heard } from './fixtures/heard';
import { advance, expect, image, settle, stopWorker, test, tile } from './fixtures/test';
import { staticFile, type StaticFile, type StaticKnobs } from './server/static-file';
import type { TileServer } from './server/tile-server';

const PATH = '/data/roads.pmtiles';

async function host(server: TileServer, knobs: StaticKnobs = {}): Promise<StaticFile> {
  const file = staticFile(await rasterArchive('one', 5, { name: 'Roads', attribution: '© us' }), knobs);
  server.on(PATH, file.behaviour);
  return file;
}

const block = Array.from({ length: 20 }, (_, i) => `5/${8 + (i % 5)}/${8 + Math.floor(i / 5)}`);
const paths = block.map((at) => `/tiles/roads/${at}.png`);

test.describe('a layer from an archive', () => {
  test('works like any other layer: tiles, TileJSON, a second visit, offline', async ({ server, controlled }) => {
    const file = await host(server);
    const page = await controlled(archiveWorker({ archive: PATH }));
    expect(await view(page, paths)).toEqual(block.map((at) => `one ${at}`));
    const cold = server.requests(PATH);
    expect(cold.length).toBeLessThanOrEqual(2 + 6);
    for (const { headers } of cold.slice(1)) expect(headers['if-match']).toBe(file.etag());

    const first = await tile(page, paths[0]!);
    expect(first.headers['x-tile-version']).toBe(file.etag().replace(/"/g, ''));
    expect(first.headers['content-type']).toBe('image/png');
    expect(await image(page, '/tiles/roads/5/9/9.png')).toBe(8);
    expect((await tile(page, '/tiles/roads/6/0/0.png')).status).toBe(404);

    const json = JSON.parse((await tile(page, '/tiles/roads.json')).text) as Record<string, unknown>;
    expect(json).toMatchObject({ tilejson: '3.0.0', name: 'Roads', attribution: '© us', minzoom: 0, maxzoom: 5 });
    expect(json['tiles']).toEqual([`${server.url}/tiles/roads/{z}/{x}/{y}.png`]);
    await settle(page);

    await stopWorker(page);
    const before = server.requests(PATH).length;
    await page.reload();
    await advance(page, server, 3600);
    expect(await view(page, paths)).toEqual(block.map((at) => `one ${at}`));
    await settle(page);
    const again = server.requests(PATH).slice(before);
    expect(again).toHaveLength(1);
    expect(again[0]!.headers['if-none-match']).toBe(file.etag());

    // The worker has stored the directories, so a new tile costs a single request.
    await stopWorker(page);
    expect((await tile(page, '/tiles/roads/5/20/20.png')).label).toBe('one 5/20/20');
    expect(server.requests(PATH)).toHaveLength(before + 2);

    await page.context().setOffline(true);
    await stopWorker(page);
    expect(await view(page, paths)).toEqual(block.map((at) => `one ${at}`));
    await page.context().setOffline(false);
  });

  test('never mixes editions, however often the file is replaced', async ({ server, controlled }) => {
    test.setTimeout(180_000);
    const editions = await Promise.all(Array.from({ length: 8 }, (_, i) => rasterArchive(`e${i}`, 5)));
    const file = await host(server);
    file.bytes = editions[0]!;
    const page = await controlled(archiveWorker({ archive: PATH, versionPolicy: 'discard' }));
    let seed = 7;
    const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
    let answered = 0;
    for (const [at, bytes] of editions.entries()) {
      const asked = Array.from({ length: 20 }, () => `5/${random(32)}/${random(32)}`);
      const reading = view(
        page,
        asked.map((place) => `/tiles/roads/${place}.png`),
      );
      file.bytes = bytes;
      const labels = await reading;
      labels.forEach((label, i) => {
        answered += 1;
        // Each tile is from the edition before the replacement, or from the one after it.
        expect([`e${at} ${asked[i]}`, `e${Math.max(0, at - 1)} ${asked[i]}`]).toContain(label);
      });
      // After the switch, no tile is from the old edition.
      const place = `5/${random(32)}/${random(32)}`;
      await advance(page, server, 61);
      expect((await tile(page, `/tiles/roads/${place}.png?at=${at}`)).label).toBe(`e${at} ${place}`);
      const shown = await view(
        page,
        asked.slice(0, 10).map((each) => `/tiles/roads/${each}.png`),
      );
      expect(shown).toEqual(asked.slice(0, 10).map((each) => `e${at} ${each}`));
    }
    expect(answered).toBe(160);
  });
});

test('Leaflet and OpenLayers show a layer from an archive like any other', async ({ server, controlled }) => {
  await host(server);
  const page = await controlled(archiveWorker({ archive: PATH }));
  const script = await server.worker(`
    import * as L from 'leaflet';
    import Map from 'ol/Map.js';
    import View from 'ol/View.js';
    import TileLayer from 'ol/layer/Tile.js';
    import XYZ from 'ol/source/XYZ.js';
    const box = () => {
      const element = document.body.appendChild(document.createElement('div'));
      element.style.cssText = 'position: relative; width: 600px; height: 400px';
      return element;
    };
    const url = '/tiles/roads/{z}/{x}/{y}.png';
    const of = { leaflet: [], openlayers: [] };
    const layer = L.tileLayer(url).on('tileload', ({ tile }) => of.leaflet.push(tile.naturalWidth));
    layer.addTo(L.map(box(), { center: [0, 0], zoom: 4 }));
    const source = new XYZ({ url });
    source.on('tileloadend', ({ tile }) => of.openlayers.push(tile.getImage().naturalWidth));
    source.on('tileloaderror', () => of.openlayers.push('failed'));
    new Map({ target: box(), layers: [new TileLayer({ source })], view: new View({ center: [0, 0], zoom: 4 }) });
    window.widths = of;
  `);
  await page.addScriptTag({ url: script });
  // The archive's images are 8 pixels wide.
  for (const library of ['leaflet', 'openlayers'])
    await expect
      .poll(() => page.evaluate((name) => (window as any).widths[name] as unknown[], library), library)
      .toEqual(expect.arrayContaining(Array.from({ length: 6 }, () => 8)));
  expect(await page.evaluate(() => new Set(Object.values((window as any).widths).flat()).size)).toBe(1);
  // The origin gets requests for ranges of the file, and none for tiles.
  expect(server.requests().filter(({ path }) => path.startsWith('/tiles/'))).toEqual([]);
});

test.describe('imperfect hosts', () => {
  const cases: Array<[string, StaticKnobs, RegExp | undefined, number]> = [
    ['does not support ranges', { noRanges: true }, /switch range requests on/, 1],
    ['gzips the file', { gzips: true }, /switch compression off/, 2],
    ['reports a smaller length', { shortBy: 100 }, /smaller length/, 5],
  ];
  test('get correct tiles, and a notice says what to change', async ({ server, controlled }) => {
    const page = await controlled(archiveWorker({ archive: PATH }));
    for (const [name, knobs, notice, most] of cases) {
      server.reset();
      const file = await host(server, knobs);
      await page.goto(`${server.url}/`);
      await hear(page);
      await page.evaluate(async () => {
        for (const key of await caches.keys()) await caches.delete(key);
      });
      // A restarted worker has forgotten what it knew of the previous host.
      await stopWorker(page);
      expect(await view(page, paths), name).toEqual(block.map((at) => `one ${at}`));
      await settle(page);
      expect(server.requests(PATH).length, name).toBeLessThanOrEqual(most);
      const details = (await heard(page)).filter((one) => one.notice === 'archive').map(({ detail }) => detail);
      if (notice) expect(details.join(), name).toMatch(notice);
      else expect(details, name).toEqual([]);
      file.bytes = await rasterArchive('two', 5);
      file.modified = 'Thu, 01 Jan 2026 00:00:07 GMT';
      await advance(page, server, 120);
      await tile(page, paths[0]!);
      await settle(page);
      expect(await view(page, paths), name).toEqual(block.map((at) => `two ${at}`));
    }
  });

  test('on another origin need no preflight, whichever headers their CORS exposes', async ({ server, controlled }) => {
    await host(server);
    const page = await controlled(archiveWorker({ archive: `${server.crossUrl}${PATH}` }));
    for (const expose of [[], ['ETag', 'Content-Range']]) {
      server.cors.expose = expose;
      const labels = await view(page, expose.length ? paths : paths.slice(0, 5));
      expect(labels).toEqual((expose.length ? block : block.slice(0, 5)).map((at) => `one ${at}`));
      await advance(page, server, 120);
      await tile(page, paths[0]!);
      await settle(page);
    }
    const asked = server.requests(PATH);
    expect(new Set(asked.map(({ method }) => method))).toEqual(new Set(['GET']));
    expect(asked.every(({ headers }) => headers['if-match'] === undefined)).toBe(true);
  });

  test('that redirect to another origin: the file is read there, with no repeated preflight', async ({
    server,
    controlled,
  }) => {
    const moved = '/data/moved.pmtiles';
    const file = await host(server);
    server.on(moved, file.behaviour);
    server.cors.expose = ['ETag', 'Content-Range'];
    const page = await controlled(archiveWorker({ archive: moved }));
    expect(await view(page, paths.slice(0, 5))).toEqual(block.slice(0, 5).map((at) => `one ${at}`));
    server.on(moved, () => ({ status: 302, headers: { location: `${server.crossUrl}${PATH}?signature=1` }, body: '' }));
    await advance(page, server, 120);
    await tile(page, paths[0]!);
    await settle(page);
    expect(await view(page, paths)).toEqual(block.map((at) => `one ${at}`));
    await stopWorker(page);
    await advance(page, server, 120);
    const before = server.requests(PATH).length;
    expect((await tile(page, '/tiles/roads/5/20/20.png')).label).toBe('one 5/20/20');
    await settle(page);
    const since = server.requests(PATH).slice(before);
    expect(new Set(since.map(({ method }) => method))).toEqual(new Set(['GET']));
  });
});

test('a page that reads the archive itself gets its ranges from the store', async ({ server, controlled }) => {
  const file = await host(server);
  const page = await controlled(archiveWorker({ archive: PATH }));
  server.serve(
    '/reader.js',
    await server.bundle(`import { PMTiles } from 'pmtiles'; window.archive = () => new PMTiles('${PATH}');`, 'es'),
    'text/javascript',
  );
  const read = async (tiles: string[]) => {
    await page.addScriptTag({ url: '/reader.js', type: 'module' });
    return page.evaluate(async (tiles) => {
      const archive = (window as any).archive();
      const texts: string[] = [];
      for (const at of tiles) {
        const [z, x, y] = at.split('/').map(Number);
        texts.push(new TextDecoder('latin1').decode((await archive.getZxy(z, x, y)).data));
      }
      return texts.map((text) => /label\0([^\0]*?) *\0/.exec(text)?.[1]);
    }, tiles);
  };
  expect(await read(block)).toEqual(block.map((at) => `one ${at}`));
  await settle(page);
  await stopWorker(page);
  const before = server.requests(PATH).length;
  await page.reload();
  expect(await read(block)).toEqual(block.map((at) => `one ${at}`));
  expect(server.requests(PATH)).toHaveLength(before);

  file.bytes = await rasterArchive('two', 5);
  await advance(page, server, 3600);
  await page.reload();
  await read(['5/30/30']);
  await settle(page);
  expect(await read(block)).toEqual(block.map((at) => `two ${at}`));
});
