// Tiles, versions, the stream and publishing are on another origin than the page and its worker.
import { createServer } from 'node:http';
import { expect, test, type Page } from '@playwright/test';
import { startOrigin, TOKEN, type Origin } from '../test/edge/chain';
import { freePort } from '../test/server-real/programs';
import { bundle } from './server/bundle';

const worker = (tiles: string) => `
  import { createTileCache } from 'sw-tile-cache/sw';
  createTileCache({ layers: {
    roads: { template: '${tiles}/tiles/roads/{z}/{x}/{y}.pbf', freshness: 'version', maxAge: 600 },
  } }).register({ skipWaiting: true, claim: true });
`;

const script = (tiles: string) => `
  import { createTileCacheClient } from 'sw-tile-cache';
  window.changes = [];
  createTileCacheClient({
    serviceWorker: '/sw.js',
    versions: { url: '${tiles}/api/tile-version', interval: 600, stream: '${tiles}/api/tile-version/stream' },
  }).then((client) => {
    client.on('versionchange', (change) => window.changes.push(change));
    window.client = client;
  });
`;

let origin: Origin;
let page: { url: string; port: number; close(): void };
let tiles: string;

test.beforeAll(async () => {
  const [port, tilePort] = [await freePort(), await freePort()];
  tiles = `http://127.0.0.1:${tilePort}`;
  const files: Record<string, [type: string, body: string]> = {
    '/': ['text/html', '<!doctype html><title>page</title><script src="/page.js"></script>'],
    '/other': ['text/html', '<!doctype html><title>other</title>'],
    '/page.js': ['text/javascript', await bundle(script(tiles))],
    '/sw.js': ['text/javascript', await bundle(worker(tiles))],
  };
  const server = createServer((incoming, outgoing) => {
    const [type, body] = files[incoming.url!] ?? ['text/plain', ''];
    outgoing.writeHead(type === 'text/plain' ? 404 : 200, { 'content-type': type }).end(body);
  }).listen(port, '127.0.0.1');
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  page = { url: `http://127.0.0.1:${port}`, port, close };
  origin = await startOrigin([], tiles, tilePort, {}, { cors: { origins: [page.url] }, publish: { verify: false } });
});
test.afterAll(async () => {
  page?.close();
  await origin?.close();
});

const ask = (on: Page, url: string) =>
  on.evaluate(async (address) => {
    const response = await fetch(address);
    const body = await response.text();
    const names = ['x-tile-version', 'cache-status', 'age', 'date'];
    const timing = performance.getEntriesByName(address).at(-1) as PerformanceResourceTiming | undefined;
    return {
      body,
      headers: Object.fromEntries(names.map((name) => [name, response.headers.get(name)])),
      timed: timing !== undefined && timing.responseStart > 0,
    };
  }, url);

test('the whole chain works across origins, for allowed origins only', async ({ page: tab }) => {
  await tab.goto(`${page.url}/`);
  await expect
    .poll(
      () =>
        tab.evaluate(() => ({
          state: (window as any).client?.state,
          version: (window as any).client?.version('roads'),
          controlled: Boolean(navigator.serviceWorker.controller),
        })),
      { timeout: 40_000 },
    )
    .toEqual({ state: 'active', version: 'v1', controlled: true });

  const url = `${tiles}/tiles/roads/5/1/1.pbf`;
  const first = await ask(tab, url);
  expect([first.body, first.headers['x-tile-version'], first.timed]).toEqual(['old', 'v1', true]);
  await expect.poll(async () => (await ask(tab, url)).headers['cache-status']).toMatch(/hit; ttl=[1-9]/);
  const before = origin.count('/tiles/roads/5/1/1.pbf');
  expect((await ask(tab, url)).body).toBe('old');
  expect(origin.count('/tiles/roads/5/1/1.pbf')).toBe(before);

  // Publish from the page: the token and the JSON require a preflight.
  origin.setData('roads', 'new');
  const report = await tab.evaluate(
    async ([address, token]) => {
      const response = await fetch(address!, {
        method: 'POST',
        body: JSON.stringify({ layer: 'roads', version: 'v2' }),
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      });
      return { status: response.status, ...((await response.json()) as object) };
    },
    [`${tiles}/api/publish`, TOKEN],
  );
  expect(report).toMatchObject({ status: 200, ok: true, version: 'v2' });
  // The stream announces the version, long before the next poll.
  await tab.waitForFunction(() => (window as any).changes.some(({ version }: { version: string }) => version === 'v2'));
  const seen = await ask(tab, url);
  expect([seen.body, seen.headers['x-tile-version']]).toEqual(['new', 'v2']);

  // A page of an origin that is not allowed cannot read anything.
  await tab.goto(`http://localhost:${page.port}/other`).catch(() => tab.goto('about:blank'));
  const refused = await tab.evaluate(
    (addresses) =>
      Promise.all(
        addresses.map((address) =>
          fetch(address).then(
            () => 'read',
            () => 'refused',
          ),
        ),
      ),
    [url, `${tiles}/api/tile-version`, `${tiles}/api/publish`],
  );
  expect(refused).toEqual(['refused', 'refused', 'refused']);
});
