// A broken worker: the origin switches it off in every tab as soon as one tab reads the manifest, and on again later.
import type { Page } from '@playwright/test';
import { expect, ready, test } from './adapters/map-page';
import { GOOD, LEAFLET, log, manifest, openSign, registrations, state } from './adapters/sign';
import { shows } from './adapters/worker-page';
import { stopWorker } from './fixtures/page';
import { bundle } from './server/bundle';

test.describe.configure({ timeout: 180_000 });
test.skip(({ browserName }) => browserName !== 'chromium', 'The test stops workers through Chromium’s protocol.');

/** Throws whenever it is started. */
const THROWS = `throw new Error('a bad deploy');`;
/** Throws only when the browser starts it again, so the fault shows only after the browser has stopped it once. */
const THROWS_ON_RESTART = `if (self.serviceWorker.state === 'activated') throw new Error('a bad deploy'); ${GOOD}`;
/** No tab polls by itself. */
const SELDOM = { interval: 86_400 };

/** Makes one tab read the manifest. Does not wait for the result: the page may reload meanwhile. */
const poll = (page: Page) =>
  page.evaluate(() => void (window as never as { client: { check(): Promise<void> } }).client.check());
const hasClient = (page: Page) => page.waitForFunction(() => (window as never as { client?: object }).client);
const checkedAt = (page: Page) =>
  page.evaluate(() => (window as never as { client: { status(): { checkedAt?: number } } }).client.status().checkedAt);
const tileCaches = (page: Page) =>
  page.evaluate(async () => (await caches.keys()).filter((name) => name.startsWith('tile-cache-v')).length);
/** Waits until no worker controls this tab, none is registered, and the tab shows its map. */
async function expectNoWorker(tab: Page): Promise<void> {
  await tab.waitForFunction(() => navigator.serviceWorker.controller === null, undefined, { timeout: 60_000 });
  await ready(tab);
  await shows(tab, 'old');
  await expect.poll(() => registrations(tab)).toBe(0);
  // An unregistered worker may still finish a write. The tab deletes it five seconds after its load.
  await expect.poll(() => tileCaches(tab), { timeout: 30_000 }).toBe(0);
}

test('if the first worker throws, the map works without it, and no tab registers it while it is switched off', async ({
  page,
  context,
  origin,
}) => {
  await openSign(page, origin, LEAFLET, THROWS, SELDOM);
  const other = await context.newPage();
  await other.goto(page.url(), { waitUntil: 'commit' });
  for (const tab of [page, other]) {
    await ready(tab);
    await shows(tab, 'old');
    await expect.poll(() => state(tab)).toBe('unavailable');
    // A tab hears the other tabs only after its first check.
    await expect.poll(() => checkedAt(tab)).toBeDefined();
  }
  manifest(origin, { worker: 'off' });
  await poll(page);
  for (const tab of [page, other]) await expect.poll(() => log(tab)).toContain('{"worker":"off"}');
  for (const tab of [page, other]) {
    const asked: string[] = [];
    context.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await tab.reload();
    await expectNoWorker(tab);
    await expect.poll(() => state(tab)).toBe('unavailable');
    expect(asked).not.toContain('/sw.js');
  }
  // The origin switches it on too early: it stays off until the good script is there.
  manifest(origin);
  await poll(page);
  await poll(other);
  expect(await log(page)).not.toContain('{"worker":"on"}');
  origin.serve('/sw.js', await bundle(GOOD), 'text/javascript');
  // A registration that is still failing makes this one fail, too. The next reading of the manifest registers again.
  const isOn = async (tab: Page) => {
    await poll(page);
    return state(tab);
  };
  for (const tab of [page, other]) await expect.poll(() => isOn(tab), { intervals: [1000] }).toBe('active');
});

for (const [what, script] of Object.entries({
  'a new worker that throws': THROWS,
  'a new worker that throws on restart': THROWS_ON_RESTART,
}))
  test(`${what} is off in both tabs as soon as one reads the manifest, and on again later`, async ({
    page,
    context,
    origin,
  }) => {
    await openSign(page, origin, LEAFLET, GOOD, SELDOM);
    const other = await context.newPage();
    await other.goto(page.url());
    const tabs = [page, other];
    for (const tab of tabs) {
      await tab.waitForFunction(() => navigator.serviceWorker.controller !== null);
      await tab.reload();
      await ready(tab);
      await expect.poll(() => tileCaches(tab)).toBeGreaterThan(0);
      await shows(tab, 'old');
    }
    origin.serve('/sw.js', script === THROWS ? script : await bundle(script), 'text/javascript');
    const updated = await page.evaluate(async () => {
      const registration = (await navigator.serviceWorker.getRegistration())!;
      const controlled = new Promise((resolve) =>
        navigator.serviceWorker.addEventListener('controllerchange', resolve),
      );
      return registration.update().then(
        () => controlled.then(() => 'updated'),
        (error: Error) => error.name,
      );
    });
    expect(updated).toBe(script === THROWS ? 'TypeError' : 'updated');
    await stopWorker(page);
    manifest(origin, { worker: 'off' });
    for (const tab of tabs) await tab.evaluate(() => ((window as never as { old: boolean }).old = true));
    await poll(page);
    for (const tab of tabs) {
      await expectNoWorker(tab);
      expect(await tab.evaluate(() => (window as never as { old?: boolean }).old)).toBeUndefined();
    }
    origin.serve('/sw.js', await bundle(GOOD), 'text/javascript');
    manifest(origin);
    await hasClient(page);
    await poll(page);
    for (const tab of tabs) await expect.poll(() => state(tab)).toBe('active');
    expect(await registrations(page)).toBe(1);
  });
