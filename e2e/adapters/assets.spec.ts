// A map whose style, TileJSON, sprite, glyphs and tiles are on another host, as in docs/recipes/other-host.md.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bundle } from '../server/bundle';
import { expect, test } from './map-page';
import { CONTROLLED } from './worker-page';

const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const text = (field: number, value: string) =>
  Buffer.concat([Buffer.from([(field << 3) | 2, value.length]), Buffer.from(value)]);
/** A glyph range that contains no glyphs. */
const stack = Buffer.concat([text(1, 'Sans'), text(2, '0-255')]);
const GLYPHS = Buffer.concat([Buffer.from([10, stack.length]), stack]);

test('after one visit, a map whose parts are on another host is complete offline', async ({
  tab: page,
  origin,
  browserName,
}) => {
  const asked: string[] = [];
  const host = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://host');
    asked.push(pathname);
    const send = (type: string, body: Buffer | string) =>
      response.writeHead(200, { 'content-type': type, 'access-control-allow-origin': '*' }).end(body);
    const json = (value: object) => send('application/json', JSON.stringify(value));
    const base = `http://127.0.0.1:${(host.address() as AddressInfo).port}`;
    if (pathname.endsWith('/streets.json'))
      json({
        version: 8,
        sprite: `${base}/styles/sprite`,
        glyphs: `${base}/fonts/{fontstack}/{range}.pbf`,
        sources: {
          streets: { type: 'vector', url: `${base}/styles/tiles.json` },
          dots: {
            type: 'geojson',
            data: { type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: [10, 20] } },
          },
        },
        layers: [
          { id: 'streets', type: 'line', source: 'streets', 'source-layer': 'area' },
          {
            id: 'dots',
            type: 'symbol',
            source: 'dots',
            layout: { 'text-field': 'A', 'text-font': ['Sans'], 'icon-image': 'dot' },
          },
        ],
      });
    else if (pathname.endsWith('/tiles.json'))
      json({ tilejson: '3.0.0', tiles: [`${base}/streets/{z}/{x}/{y}.pbf`], minzoom: 0, maxzoom: 14 });
    else if (/sprite(@2x)?\.json$/.test(pathname)) json({ dot: { width: 1, height: 1, x: 0, y: 0, pixelRatio: 1 } });
    else if (pathname.endsWith('.png')) send('image/png', PIXEL);
    else if (pathname.startsWith('/fonts/')) send('application/x-protobuf', GLYPHS);
    else send('application/x-protobuf', '');
  });
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(host.address() as AddressInfo).port}`;
  try {
    const worker = `
      import { createTileCache, presets } from 'sw-tile-cache/sw';
      createTileCache({ layers: {
        streets: { ...presets.vector, template: '${base}/streets/{z}/{x}/{y}.pbf' },
        assets: { ...presets.assets, template: ['${base}/styles/*', '${base}/fonts/*'] },
      } }).register({ skipWaiting: true, claim: true });`;
    origin.serve('/sw.js', await bundle(worker), 'text/javascript');
    await origin.page(
      '/map',
      `import { createTileCacheClient } from 'sw-tile-cache';
       (async () => {
         const client = await createTileCacheClient({ serviceWorker: '/sw.js' });
         ${CONTROLLED}
         const library = location.origin + '/lib/maplibre-gl/dist/maplibre-gl.mjs';
         const { Map } = await import(/* @vite-ignore */ library);
         window.errors = [];
         const map = new Map({ container: 'map', center: [10, 20], zoom: 4, style: '${base}/styles/streets.json' });
         map.on('error', ({ error }) => window.errors.push(String(error)));
         map.once('idle', () => (window.ready = map.hasImage('dot')));
       })();`,
    );
    const whole = async () => {
      await page.waitForFunction(() => (window as never as { ready?: boolean }).ready === true);
      expect(await page.evaluate(() => (window as never as { errors: string[] }).errors)).toEqual([]);
    };
    await page.goto(`${origin.url}/map`);
    await whole();
    if (browserName === 'webkit') {
      // In a claimed page, one of MapLibre's two web workers bypasses the service worker.
      await page.reload();
      await whole();
    }
    for (const part of [
      '/styles/streets.json',
      '/styles/tiles.json',
      '/styles/sprite.json',
      '/styles/sprite.png',
      '/fonts/Sans/0-255.pbf',
    ])
      expect(asked.map((path) => path.replace('@2x', ''))).toContain(part);
    const stored = () =>
      page.evaluate(async () => {
        const counts = { assets: 0, streets: 0 };
        for (const name of await caches.keys())
          for (const layer of ['assets', 'streets'] as const)
            if (name.includes(`:${layer}@`)) counts[layer] += (await (await caches.open(name)).keys()).length;
        return counts;
      });
    const tiles = new Set(asked.filter((path) => path.startsWith('/streets/'))).size;
    await expect.poll(stored).toEqual({ assets: 5, streets: tiles });
    host.closeAllConnections();
    await new Promise((resolve) => host.close(resolve));
    await page.reload();
    await whole();
  } finally {
    host.closeAllConnections();
    host.close();
  }
});
