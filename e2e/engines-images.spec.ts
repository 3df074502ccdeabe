// Browsers keep images in a memory cache across navigations, which must not show images that the worker would not.
import { ask, expect, image, register, settle, test } from './fixtures/engine';
import { workerSource } from './fixtures/test';

const URL_1 = '/tiles/roads/3/1/2.png';

test.describe('an image element in the next document', () => {
  test.beforeEach(({ server }) => server.on(URL_1, { cc: 'max-age=600', etag: '"1"' }));

  test('does not show a tile that was purged meanwhile', async ({ server, controlled }) => {
    const page = await controlled();
    expect(await image(page, URL_1)).toBe(8);
    await settle(page);
    await page.goto(`${server.url}/?elsewhere`);
    await ask(page, { type: 'CACHE_INVALIDATE', layer: 'roads', id: 'purge' });
    await page.goto(`${server.url}/`);
    expect(await image(page, URL_1)).toBe(8);
    expect(server.requests(URL_1)).toHaveLength(2);
  });

  test('gets its tile from the worker, which reports its age', async ({ server, controlled }) => {
    const page = await controlled();
    await image(page, URL_1);
    await settle(page);
    await page.goto(`${server.url}/?elsewhere`);
    await page.goto(`${server.url}/`);
    const used = page.evaluate(
      (_: null) =>
        new Promise((resolve) => {
          navigator.serviceWorker.addEventListener(
            'message',
            ({ data }) => data.type === 'TILES_USED' && resolve(data.uses[0].status),
          );
          navigator.serviceWorker.startMessages();
        }),
      null,
    );
    expect(await image(page, URL_1)).toBe(8);
    expect(await used).toBe('hit');
    expect(server.requests(URL_1)).toHaveLength(1);
  });

  test('does not change the Cache-Control that a fetch sees', async ({ controlled }) => {
    const page = await controlled();
    const control = await page.evaluate(async (url) => (await fetch(url)).headers.get('cache-control'), URL_1);
    expect(control).toBe('max-age=600');
  });
});

test('images of another host load under a policy that forbids the worker to fetch them', async ({ server, engine }) => {
  const policy = `default-src 'self' 'unsafe-inline' 'unsafe-eval'; connect-src 'self'; img-src 'self' ${server.crossUrl}`;
  const headers = { 'content-security-policy': policy };
  const path = (x: number) => `/tiles/roads/4/${x}/1.png`;
  for (let x = 0; x < 3; x += 1) server.on(path(x), { cc: 'max-age=3600', etag: '"a"' });
  server.on('/map.html', { headers: { ...headers, 'content-type': 'text/html' }, body: '<title>map</title>' });
  server.on('/strict-sw.js', {
    headers: { ...headers, 'content-type': 'text/javascript' },
    body: await server.bundle(
      workerSource(`{ layers: { roads: { template: ['/tiles/roads/*', '${server.crossUrl}/tiles/roads/*'] } } }`),
    ),
  });
  await engine.goto(`${server.url}/map.html`);
  await register(engine, '/strict-sw.js');
  for (let x = 0; x < 3; x += 1) expect(await image(engine, server.crossUrl + path(x))).toBe(8);
  // The worker is active, and the policy does not affect tiles of its own host.
  expect(await image(engine, path(0))).toBe(8);
  const answered = (url: string) =>
    engine.evaluate(async (own) => (await fetch(own)).headers.get('cache-status') ?? '', url);
  expect(await answered(path(1))).toContain('sw-tile-cache');
  await engine.goto('about:blank');
});
