import { expect, settled, test } from './fixtures/demo';

// Use a small viewport, because the browser renders in software.
test.use({ viewport: { width: 800, height: 560 } });
test.describe.configure({ timeout: 240_000 });

test('the map shows a layer from one static file, and changes with the file', async ({ page, demo }) => {
  await page.goto(demo.url);
  await settled(page);
  const shownVersion = page.locator('[data-layer="lights"] .version');
  // The page needs no reload: the worker tells it the archive's first version.
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
  // The origin never served a tile of this layer.
  expect(requests.filter(({ path, status }) => path.startsWith('/tiles/lights/') && status === 200)).toEqual([]);

  const version = await demo.publish('lights');
  await expect.poll(hues, { timeout: 60_000 }).toEqual([1]);
  await expect(shownVersion).toHaveText(version);
});
