import type { Page } from '@playwright/test';
import { decodePng } from './adapters/png';
import { expect, test } from './fixtures/demo';

test.use({ viewport: { width: 800, height: 560 } });
test.describe.configure({ timeout: 240_000 });

/** Returns the colours at points of the map, away from panels and controls. */
async function sampleColours(page: Page): Promise<string> {
  const picture = decodePng(await page.screenshot());
  const points = [400, 480, 560, 640, 720].flatMap((x) =>
    [120, 200, 280, 360, 440].map((y) => picture.at(x, y).map((value) => value >> 4)),
  );
  return JSON.stringify(points);
}

const active = (page: Page) =>
  page.waitForFunction(() => (window as any).demo?.client.state === 'active', undefined, {
    polling: 100,
    timeout: 60_000,
  });

/** Waits until no tile is loading and two samples agree, which means that drawing has finished. */
async function stillColours(page: Page): Promise<string> {
  await page.waitForFunction(() => (window as any).demo?.map, undefined, { polling: 100, timeout: 60_000 });
  await page.evaluate(async () => {
    const { map } = (window as any).demo;
    const drawn = (what: any, event: string) => new Promise((resolve) => what.once(event, resolve));
    if (map.getView) {
      const complete = drawn(map, 'rendercomplete');
      map.render();
      return complete;
    }
    const loading: any[] = [];
    map.eachLayer((layer: any) => layer.isLoading?.() && loading.push(layer));
    return Promise.all(loading.map((layer) => drawn(layer, 'load')));
  });
  let before = '';
  let now = await sampleColours(page);
  while (now !== before) {
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    [before, now] = [now, await sampleColours(page)];
  }
  return now;
}

for (const name of ['leaflet', 'openlayers']) {
  test(`the ${name} page shows published data at once, and works offline`, async ({ page, context, demo }) => {
    await page.goto(`${demo.url}${name}`);
    await active(page);
    await page.reload();
    await active(page);
    await expect
      .poll(async () => new Set(JSON.parse(await sampleColours(page)).map(String)).size, { timeout: 60_000 })
      .toBeGreaterThan(3);
    await page.evaluate(() => ((window as any).sameDocument = true));
    const before = await stillColours(page);

    await demo.publish('political');
    await expect.poll(() => sampleColours(page), { timeout: 60_000 }).not.toBe(before);
    expect(await page.evaluate(() => (window as any).sameDocument)).toBe(true);

    // Wait for the badge: tiles are swapped one by one, so the picture may stand still between two of them.
    await expect(page.locator('tile-age')).toHaveAttribute('state', 'current', { timeout: 60_000 });
    const after = await stillColours(page);
    await context.setOffline(true);
    await page.reload();
    await expect.poll(() => sampleColours(page), { timeout: 60_000 }).toBe(after);
    await expect(page.locator('tile-age')).toHaveAttribute('state', /offline|failing/, { timeout: 60_000 });
  });

  test(`the ${name} page shows stored zooms where the origin has no deeper ones`, async ({ page, demo }) => {
    await page.goto(`${demo.url}${name}`);
    await active(page);
    await page.reload();
    await active(page);
    await stillColours(page);
    await demo.trouble('unreachable');
    await page.reload();
    await page.waitForFunction(() => (window as any).demo?.map, undefined, { polling: 100, timeout: 60_000 });
    await page.evaluate(() => {
      const { map } = (window as any).demo;
      if (map.getView) map.getView().setZoom(6);
      else map.setZoom(6, { animate: false });
    });
    await expect
      .poll(async () => new Set(JSON.parse(await sampleColours(page)).map(String)).size, { timeout: 60_000 })
      .toBeGreaterThan(3);
    await expect(page.locator('tile-age')).toHaveAttribute('state', /offline|failing|missing/, { timeout: 60_000 });
  });

  test(`the ${name} page shows how old its tiles are`, async ({ page, demo }) => {
    await page.goto(`${demo.url}${name}`);
    await active(page);
    const overlays = () => page.locator('#map canvas[aria-hidden="true"]').count();
    const before = await overlays();
    await page.getByLabel('Show the age of each tile').check();
    await expect.poll(overlays).toBe(before + 1);
    await page.getByLabel('Show the age of each tile').uncheck();
    await expect.poll(overlays).toBe(before);
  });
}

test('the kiosk says if its map may be out of date, and recovers by itself', async ({ page, demo }) => {
  await page.goto(`${demo.url}kiosk`);
  await active(page);
  await expect(page.locator('tile-age')).toHaveAttribute('state', 'current', { timeout: 60_000 });
  await page.evaluate(() => ((window as any).sameDocument = true));

  await demo.trouble('unreachable');
  await expect(page.locator('tile-age')).toHaveAttribute('state', /offline|failing/, { timeout: 60_000 });
  const published = await demo.publish('places');
  await demo.trouble('ok');

  await expect(page.locator('tile-age')).toHaveAttribute('state', 'current', { timeout: 90_000 });
  await expect.poll(() => page.evaluate(() => (window as any).demo.client.version('places'))).toBe(published);
  expect(await page.evaluate(() => (window as any).sameDocument)).toBe(true);
});

test('the kiosk starts from the cache when there is no network', async ({ page, context, demo }) => {
  await page.goto(`${demo.url}kiosk`);
  await active(page);
  await page.reload();
  await page.waitForFunction(() => (window as any).demo?.map.loaded(), undefined, { polling: 100, timeout: 60_000 });
  await context.setOffline(true);
  await page.reload();
  await page.waitForFunction(() => (window as any).demo?.map.loaded(), undefined, { polling: 100, timeout: 60_000 });
  await expect(page.locator('#where')).not.toBeEmpty();
  await expect(page.locator('tile-age')).toHaveAttribute('state', /offline|failing/, { timeout: 60_000 });
});
