// Runs the README's two blocks of code, unchanged, in a browser.
import { readFileSync } from 'node:fs';
import { expect, settle, test, tile } from './fixtures/test';

const [worker, page] = [...readFileSync('README.md', 'utf8').matchAll(/```ts\n([^]*?)```/g)].map((match) => match[1]!);

test('the code of the README works', async ({ server, page: tab }) => {
  server.on('/api/tile-version', {
    cc: 'no-cache',
    body: '{"version":"1"}',
    headers: { 'content-type': 'application/json' },
  });
  server.on('/tiles/flood_zones/1/0/0.png', { etag: '"a"' });
  server.serve('/sw.js', await server.bundle(`import 'test-preamble';\n${worker}`), 'text/javascript');
  server.serve('/page.js', await server.bundle(`${page}\nwindow.client = client;`, 'es'), 'text/javascript');
  await tab.goto(`${server.url}/`);
  await tab.addScriptTag({ url: '/page.js', type: 'module' });
  await tab.waitForFunction(() => 'client' in window);
  expect(await tab.evaluate(() => navigator.serviceWorker.ready.then(({ active }) => active?.scriptURL))).toBe(
    `${server.url}/sw.js`,
  );

  // The map shows the layer that the page binds.
  await expect(tab.locator('img.leaflet-tile-loaded').first()).toBeAttached();

  // The worker does not claim the page that registered it: it answers from the next load on.
  await tab.goto(`${server.url}/`);
  await tab.addScriptTag({ url: '/page.js', type: 'module' });
  await tab.waitForFunction(() => (window as unknown as { client?: { state: string } }).client?.state === 'active');
  await tile(tab, '/tiles/flood_zones/1/0/0.png');
  await settle(tab);
  const asked = server.requests('/tiles/flood_zones/1/0/0.png').length;
  const again = await tile(tab, '/tiles/flood_zones/1/0/0.png');
  expect(again.headers['cache-status']).toContain('hit');
  // The map requested the tile before there was a worker, and the worker requested it once more.
  const all = server.requests('/tiles/flood_zones/1/0/0.png').map(({ headers }) => headers);
  expect(asked, JSON.stringify(all)).toBeLessThanOrEqual(2);
  expect(server.requests('/tiles/flood_zones/1/0/0.png')).toHaveLength(asked);
});
