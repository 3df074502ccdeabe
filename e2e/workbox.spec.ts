// A worker that precaches its shell with Workbox and answers other requests with Workbox's strategies
// gets a tile cache with two lines: an import and a call.
import { expect, register, settle, test, tile } from './fixtures/test';

const existing = (addition: { imports: string; call: string }) => `
  import 'test-preamble';
  import { clientsClaim } from 'workbox-core';
  import { precacheAndRoute } from 'workbox-precaching';
  import { registerRoute } from 'workbox-routing';
  import { CacheFirst } from 'workbox-strategies';
  ${addition.imports}
  self.skipWaiting();
  clientsClaim();
  precacheAndRoute([{ url: '/shell.html', revision: '1' }]);
  registerRoute(({ url }) => url.pathname.startsWith('/fonts/'), new CacheFirst({ cacheName: 'fonts' }));
  ${addition.call}
`;

const withTiles = existing({
  imports: `import { createTileCache } from 'sw-tile-cache/sw';`,
  call: `createTileCache().register();`,
});

test.describe('an existing Workbox worker', () => {
  test('gets a tile cache with two lines, and keeps its own caches and routes', async ({ server, page, context }) => {
    server.serve('/shell.html', '<!doctype html><title>shell</title>');
    server.on('/tiles/roads/1/0/0.png', { cc: 'max-age=60' });
    server.on('/fonts/a.json', { cc: 'no-store' });
    await page.goto(`${server.url}/`);
    await register(page, await server.worker(withTiles));

    for (const path of ['/tiles/roads/1/0/0.png', '/fonts/a.json']) {
      const first = await tile(page, path);
      await settle(page);
      const second = await tile(page, path);
      expect(second.hash, path).toBe(first.hash);
      expect(server.requests(path), path).toHaveLength(1);
    }

    await context.setOffline(true);
    await page.goto(`${server.url}/shell.html`);
    expect(await page.title()).toBe('shell');
    expect((await tile(page, '/tiles/roads/1/0/0.png')).headers['cache-status']).toContain('hit');
    expect((await tile(page, '/fonts/a.json')).status).toBe(200);
  });

  test('keeps its caches if it adds the tile cache in a later release', async ({ server, page }) => {
    server.serve('/shell.html', '<!doctype html><title>shell</title>');
    server.on('/fonts/a.json', {});
    await page.goto(`${server.url}/`);
    await register(page, await server.worker(existing({ imports: '', call: '' })));
    await tile(page, '/fonts/a.json');
    await settle(page);
    const before = await page.evaluate(() => caches.keys());

    await register(page, await server.worker(withTiles));
    await tile(page, '/tiles/roads/1/0/0.png?cc=max-age%3D60');
    await settle(page);
    const after = await page.evaluate(() => caches.keys());
    expect(after).toEqual(expect.arrayContaining(before));
    expect(after.filter((name) => !before.includes(name))).toEqual([expect.stringMatching(/^tile-cache-v1:/)]);
    await tile(page, '/fonts/a.json');
    expect(server.requests('/fonts/a.json')).toHaveLength(1);
  });

  const routes = `
    registerRoute(({ request }) => request.destination === 'image', new CacheFirst({ cacheName: 'images' }));
    setDefaultHandler(new CacheFirst({ cacheName: 'rest' }));
  `;
  for (const [order, calls] of [
    ['after', `${routes} createTileCache().register();`],
    ['before', `createTileCache().register(); ${routes}`],
  ] as const) {
    test(`keeps its routes and its default handler if the tile cache is added ${order} them`, async ({
      server,
      page,
    }) => {
      await page.goto(`${server.url}/`);
      const imports = `
        import 'test-preamble';
        import { clientsClaim } from 'workbox-core';
        import { registerRoute, setDefaultHandler } from 'workbox-routing';
        import { CacheFirst } from 'workbox-strategies';
        import { createTileCache } from 'sw-tile-cache/sw';
        self.skipWaiting();
        clientsClaim();
      `;
      await register(page, await server.worker(imports + calls));
      await page.evaluate(async () => {
        const image = new Image();
        image.src = '/tiles/roads/1/0/0.png?cc=max-age%3D60';
        await image.decode();
      });
      const first = await tile(page, '/fonts/a.json?cc=no-store');
      await settle(page);
      expect((await tile(page, '/tiles/roads/1/0/0.png?cc=max-age%3D60')).headers['cache-status']).toContain('hit');
      expect((await tile(page, '/fonts/a.json?cc=no-store')).hash).toBe(first.hash);
      expect(server.requests('/tiles/roads/1/0/0.png')).toHaveLength(1);
      expect(server.requests('/fonts/a.json')).toHaveLength(1);
      expect(await page.evaluate(() => caches.has('images'))).toBe(false);
    });
  }
});
