import { expect, settled, test } from './fixtures/demo';

// Software rendering: small pictures.
test.use({ viewport: { width: 800, height: 560 } });
test.describe.configure({ timeout: 240_000 });

test('a layer out of one static file is on the map, and changes with the file', async ({ page, demo }) => {
  await page.goto(demo.url);
  await settled(page);
  const shownVersion = page.locator('[data-layer="lights"] .version');
  // Without a reload: the page hears of the archive's first version from the worker.
  await expect(shownVersion).not.toHaveText('–', { timeout: 60_000 });
  await page.reload();
  await settled(page);
  const hues = () =>
    page.evaluate(() => {
      const { map } = (window as any).demo;
      const seen = map.queryRenderedFeatures({ layers: ['lights'] }).map((feature: any) => feature.properties.hue);
      return [...new Set(seen)];
    });
  await expect.poll(hues, { timeout: 60_000 }).toEqual([0]);
  const { requests } = await demo.requests();
  const parts = requests.filter(({ path }) => path === '/data/lights.pmtiles');
  expect(parts.filter(({ status }) => status === 206).length).toBeGreaterThan(0);
  // No tile of it ever came from the origin.
  expect(requests.filter(({ path, status }) => path.startsWith('/tiles/lights/') && status === 200)).toEqual([]);

  const version = await demo.publish('lights');
  await expect.poll(hues, { timeout: 60_000 }).toEqual([1]);
  await expect(shownVersion).toHaveText(version);
});
