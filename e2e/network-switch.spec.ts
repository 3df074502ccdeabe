// A user switches the network off: the worker sends no request, and every page knows.
import { bundle } from './server/bundle';
import { expect, test } from './adapters/map-page';

const worker = (version: number) => `/* ${version} */
  import { createTileCache } from 'sw-tile-cache/sw';
  createTileCache({ layers: { roads: { maxAge: 0, staleIfError: 86400, override: true } } }).register({ skipWaiting: true, claim: true });`;
const program = `
  import { createTileCacheClient } from 'sw-tile-cache';
  import 'sw-tile-cache/tile-age';
  (async () => {
    const client = await createTileCacheClient({ serviceWorker: '/sw.js', versions: { url: '/tiles/version.json', interval: 1 } });
    const badge = document.createElement('tile-age');
    badge.client = client;
    document.body.append(badge);
    window.client = client;
    window.ask = (x) => fetch('/tiles/roads/6/' + x + '/0.png').then((response) => response.status, () => 0);
  })();`;

interface SwitchWindow {
  client: { network(mode: string): Promise<void>; status(): { network?: string; offline: boolean } };
  ask(x: number): Promise<number>;
}

test('while the network is off, no page and no restarted worker sends a request, and stored tiles are answered', async ({
  origin,
  page,
}) => {
  origin.serve('/sw.js', await bundle(worker(1)), 'text/javascript');
  await origin.page('/map', program);
  await page.goto(`${origin.url}/map`);
  await page.waitForFunction(() => navigator.serviceWorker.controller && 'ask' in window);
  const ask = (x: number) => page.evaluate((at) => (window as never as SwitchWindow).ask(at), x);
  expect(await ask(1)).toBe(200);
  await page.evaluate(() => (window as never as SwitchWindow).client.network('off'));
  // Let a check that is under way end.
  await page.waitForTimeout(500);
  const asked = origin.requests.length;

  const other = await page.context().newPage();
  await other.goto(`${origin.url}/map`);
  await other.waitForFunction(
    () => 'ask' in window && (window as never as SwitchWindow).client.status().network === 'off',
  );
  for (const tab of [page, other]) {
    await expect(tab.locator('tile-age')).toHaveAttribute('state', 'offline');
    expect(await tab.evaluate(() => (window as never as SwitchWindow).client.status().offline)).toBe(true);
  }
  const session = await page.context().newCDPSession(page);
  await session.send('ServiceWorker.enable');
  for (let i = 0; i < 3; i++) {
    expect([await ask(1), await ask(2)]).toEqual([200, expect.not.stringMatching(/^2/)]);
    await session.send('ServiceWorker.stopAllWorkers');
  }
  // Wait until several version checks would have been due.
  await page.waitForTimeout(2500);
  expect(origin.requests.slice(asked)).toEqual([]);

  await other.evaluate(() => (window as never as SwitchWindow).client.network('on'));
  await page.waitForFunction(() => (window as never as SwitchWindow).client.status().network === 'on');
  expect(await ask(2)).toBe(200);
  expect(origin.requests.length).toBeGreaterThan(asked);
});
