// Unattended signs recover from faults by themselves, or on an order of the origin.
import { expect, ready, test } from './adapters/map-page';
import {
  BAD,
  GOOD,
  LEAFLET,
  log,
  manifest,
  MAPLIBRE,
  OPENLAYERS,
  openSign,
  registrations,
  state,
  SWALLOWS,
} from './adapters/sign';
import { shows } from './adapters/worker-page';
import { bundle } from './server/bundle';

test.describe.configure({ timeout: 180_000 });

test('a map recovers by itself from a lost WebGL context', async ({ page, origin }) => {
  await openSign(page, origin, MAPLIBRE);
  await ready(page);
  await shows(page, 'old');
  await page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>('#map canvas')!;
    (canvas.getContext('webgl2') ?? canvas.getContext('webgl'))!.getExtension('WEBGL_lose_context')!.loseContext();
  });
  await expect.poll(() => log(page).catch(() => ''), { timeout: 60_000 }).toMatch(/context .*redraw .*reload/);
  await ready(page);
  await shows(page, 'old');
});

test('an order switches a bad worker off in every tab within one poll, and on again when the order is withdrawn', async ({
  page,
  context,
  origin,
}) => {
  await openSign(page, origin, LEAFLET, BAD);
  const other = await context.newPage();
  await other.goto(`${origin.url}/sign`, { waitUntil: 'commit' });
  for (const tab of [page, other]) {
    await tab.waitForFunction(() => navigator.serviceWorker?.controller != null);
    await tab.reload({ waitUntil: 'commit' });
  }
  manifest(origin, { worker: 'off' });
  for (const tab of [page, other]) {
    await tab.waitForFunction(() => navigator.serviceWorker.controller === null, undefined, { timeout: 60_000 });
    await ready(tab);
    await shows(tab, 'old');
  }
  expect(await registrations(page)).toBe(0);
  // The next load does not register it either.
  await page.reload();
  await ready(page);
  expect(await registrations(page)).toBe(0);
  origin.serve('/sw.js', await bundle(GOOD), 'text/javascript');
  manifest(origin);
  await expect.poll(() => state(page), { timeout: 30_000 }).toBe('active');
  // The tab that reads the manifest first registers it for all.
  expect(`${await log(page)}${await log(other)}`).toContain('{"worker":"on"}');
});

test('a reload token makes every tab reload once', async ({ page, context, origin }) => {
  await openSign(page, origin, LEAFLET);
  await ready(page);
  const other = await context.newPage();
  await other.goto(`${origin.url}/sign`);
  await ready(other);
  for (const tab of [page, other]) {
    // Wait for two checks: a page ignores a token in the first manifest that it reads, which may be as old as the page.
    const checkedAt = () =>
      tab.evaluate(
        () => (window as never as { client?: { status(): { checkedAt?: number } } }).client?.status().checkedAt ?? 0,
      );
    await expect.poll(checkedAt).toBeGreaterThan(0);
    const first = await checkedAt();
    await expect.poll(checkedAt).toBeGreaterThan(first);
    await tab.evaluate(() => ((window as never as { old: boolean }).old = true));
  }
  manifest(origin, { reload: 'a' });
  for (const tab of [page, other]) {
    await tab.waitForFunction(() => !(window as never as { old?: boolean }).old, undefined, { timeout: 30_000 });
    await ready(tab);
    await tab.evaluate(() => ((window as never as { old: boolean }).old = true));
  }
  // After several more polls, the tabs are still the same documents.
  let polls = 0;
  page.on('request', (request) => (polls += request.url().endsWith('/version.json') ? 1 : 0));
  await expect.poll(() => polls, { timeout: 30_000 }).toBeGreaterThan(3);
  for (const tab of [page, other])
    expect(await tab.evaluate(() => (window as never as { old?: boolean }).old)).toBe(true);
});

test('a page replaces a worker that answers nothing, not even the manifest and the page', async ({ page, origin }) => {
  // Run the clock ten times as fast, because the watchdog waits for minutes.
  await page.addInitScript(`(() => {
    const [startTimer, now] = [setTimeout, performance.now.bind(performance)];
    globalThis.setTimeout = (act, ms = 0, ...rest) => startTimer(act, ms / 10, ...rest);
    performance.now = () => now() * 10;
    const { timeout } = AbortSignal;
    AbortSignal.timeout = (ms) => timeout.call(AbortSignal, ms / 10);
  })()`);
  await openSign(page, origin, OPENLAYERS, SWALLOWS);
  await page.waitForFunction(() => navigator.serviceWorker?.controller != null);
  origin.serve('/sw.js', await bundle(GOOD), 'text/javascript');
  // From now on the worker answers nothing.
  await page.evaluate(() => navigator.serviceWorker.controller!.postMessage('swallow'));
  await expect.poll(() => log(page).catch(() => ''), { timeout: 90_000 }).toContain('worker');
  // The watchdog loads a page with the good worker, which shows its tiles.
  await expect
    .poll(() => page.evaluate(() => (window as never as { ready?: boolean }).ready).catch(() => undefined), {
      timeout: 90_000,
    })
    .toBe(true);
  await shows(page, 'old');
  await expect.poll(() => state(page), { timeout: 30_000 }).toBe('active');
});
