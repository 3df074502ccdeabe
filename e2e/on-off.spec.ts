// Measures what the worker saves, as docs/client-rum.md describes: by the origin's counter, for visits with and without ?sw=off.
import { createServer } from 'node:http';
import { expect, test } from '@playwright/test';
import { Registry } from 'prom-client';
import { toNodeListener } from '../server/http/node';
import { createTileOrigin } from '../server/tile-origin';
import { freePort } from '../test/server-real/programs';
import { bundle } from './server/bundle';

const WORKER = `
  import { createTileCache } from 'sw-tile-cache/sw';
  createTileCache({ layers: { roads: { maxAge: 3600, override: true } } }).register({ skipWaiting: true, claim: true });
`;
const PAGE = `
  import { createTileCacheClient, removeTileCache } from 'sw-tile-cache';
  const off = new URLSearchParams(location.search).get('sw') === 'off';
  const ready = off ? removeTileCache() : createTileCacheClient({ serviceWorker: '/sw.js' });
  window.ready = ready.then(() => off || new Promise((resolve) => {
    if (navigator.serviceWorker.controller) resolve();
    else navigator.serviceWorker.addEventListener('controllerchange', resolve);
  }));
`;
const TILES = Array.from({ length: 16 }, (_, i) => `/tiles/roads/2/${i % 4}/${i >> 2}.bin`);
const BYTES = 5000;

test('without the worker, every visit loads all tiles from the origin; with it, only the first one does', async ({
  page,
}) => {
  const origin = createTileOrigin({ layers: { roads: { version: 'v1' } }, metrics: { registry: new Registry() } });
  const tiles = origin.tileHeaders(
    () => new Response(new Uint8Array(BYTES).fill(7), { headers: { 'cache-control': 'max-age=0' } }),
  );
  const site: Record<string, [type: string, body: string]> = {
    '/': ['text/html', '<!doctype html><title>on and off</title><script type="module" src="/page.js"></script>'],
    '/page.js': ['text/javascript', await bundle(PAGE)],
    '/sw.js': ['text/javascript', await bundle(WORKER)],
  };
  const server = createServer(
    toNodeListener(async (request, context) => {
      const { pathname } = new URL(request.url);
      const file = site[pathname];
      if (file) return new Response(file[1], { headers: { 'content-type': file[0] } });
      return pathname.startsWith('/tiles/') ? tiles(request, context) : origin.fetch(request, context);
    }),
  );
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${port}`;
  const egress = async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    return Number(/^tile_origin_egress_bytes_total\{layer="roads"\} (\d+)$/m.exec(text)?.[1]);
  };
  /** Visits the page. Returns the bytes of tiles that the origin sent. */
  const visit = async (query: string) => {
    const before = await egress();
    await page.goto(`${url}/${query}`);
    await page.evaluate(() => (window as any).ready);
    const lengths = await page.evaluate(
      (paths) => Promise.all(paths.map(async (path) => (await (await fetch(path)).arrayBuffer()).byteLength)),
      TILES,
    );
    expect(lengths).toEqual(TILES.map(() => BYTES));
    return (await egress()) - before;
  };
  const all = TILES.length * BYTES;
  try {
    expect([await visit('?sw=off'), await visit('?sw=off')]).toEqual([all, all]);
    expect(await visit('')).toBe(all);
    // The worker stores tiles after it has answered, so poll.
    await expect.poll(() => visit(''), { timeout: 20_000 }).toBe(0);
    // `?sw=off` removes the worker and its tiles.
    expect(await visit('?sw=off')).toBe(all);
  } finally {
    await origin.close();
    server.closeAllConnections();
    server.close();
  }
});
