// The browser clears the site data of a running sign because it needs room, or a person does.
import { expect, ready, test } from './adapters/map-page';
import { LEAFLET, openSign, registrations, state } from './adapters/sign';
import { shows } from './adapters/worker-page';
import { wholeChromiumOptions } from './fixtures/browsers';

test.use({ launchOptions: wholeChromiumOptions });

test.describe.configure({ timeout: 240_000 });

test('a running sign whose site data is cleared gets its map, worker and store back by itself', async ({
  page,
  origin,
}) => {
  await openSign(page, origin, LEAFLET);
  await ready(page);
  await expect.poll(() => state(page)).toBe('active');
  const stored = () =>
    page
      .evaluate(async () => {
        const names = (await caches.keys()).filter((name) => name.startsWith('tile-cache-v'));
        const sizes = await Promise.all(names.map(async (name) => (await (await caches.open(name)).keys()).length));
        return sizes.reduce((sum, size) => sum + size, 0);
      })
      // The page may be reloading.
      .catch(() => 0);
  // The first page had no worker when it requested its tiles.
  await page.reload();
  await ready(page);
  await expect.poll(stored).toBeGreaterThan(0);
  await page.evaluate(() => ((window as never as { old: boolean }).old = true));
  const session = await page.context().newCDPSession(page);
  await session.send('Storage.clearDataForOrigin', { origin: origin.url, storageTypes: 'all' });
  await session.detach();
  await expect.poll(() => registrations(page).catch(() => 1)).toBe(0);
  // The tiles on the screen stay there.
  await shows(page, 'old');
  await page.waitForFunction(() => !(window as never as { old?: boolean }).old, undefined, { timeout: 150_000 });
  await ready(page);
  await shows(page, 'old');
  await expect.poll(() => state(page), { timeout: 60_000 }).toBe('active');
  await expect.poll(() => registrations(page)).toBe(1);
});
