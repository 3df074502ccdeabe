// The page that saves areas, used with the keyboard and the pointer, without the origin, and after a reload.
import type { Page, Response } from '@playwright/test';
import { tileAt } from '../src/shared/tile-math';
import { expect, test } from './fixtures/demo';

test.use({ viewport: { width: 900, height: 640 } });
test.describe.configure({ timeout: 240_000 });

const started = (page: Page) =>
  page.waitForFunction(
    () => (window as any).demo?.client.state === 'active' && (window as any).demo.map.loaded(),
    null,
    {
      polling: 100,
      timeout: 60_000,
    },
  );

/** Returns the statuses with which the worker answers these tiles. */
const statuses = (page: Page, tiles: readonly string[]) =>
  page.evaluate(
    (paths) => Promise.all(paths.map((path) => fetch(path).then(({ status }) => status))),
    tiles.map((tile) => `/tiles/basemap/${tile}.pbf`),
  );
/** Tiles around Bern, which is inside the saved area, and around Kyiv, which is outside. */
const [INSIDE, OUTSIDE] = [['6/33/22', '7/66/45'], ['7/74/43']];
const drawnBoxes = (page: Page) =>
  page.evaluate(async () => {
    const { features } = await (window as any).demo.map.getSource('boxes').getData();
    return features.map(({ properties }: any) => properties.kind);
  });

/** Returns a hash of the map's pixels once the map is idle. */
const picture = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<string>((resolve) => {
        const { map } = (window as any).demo;
        map.once('idle', () => {
          map.once('render', async () => {
            const bytes = new TextEncoder().encode(map.getCanvas().toDataURL());
            resolve([...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))].join());
          });
          map.triggerRepaint();
        });
        map.triggerRepaint();
      }),
  );

test('saves an area with the keyboard, shows it completely without the origin, and reports tiles outside it as missing', async ({
  page,
  demo,
}) => {
  await page.goto(`${demo.url}regions#map=6.4/46.9/7.6`);
  await started(page);
  await page.getByLabel('Down to zoom').selectOption('7');
  await page.getByRole('button', { name: 'Estimate' }).press('Enter');
  await expect(page.locator('#answer')).toHaveText(/\d+ tiles, about [\d.]+ [kM]B/, { timeout: 90_000 });

  const name = page.getByLabel('Name');
  await name.fill('Around Bern');
  await name.press('Enter');
  const list = page.locator('tile-regions');
  await expect(list.getByText('Works offline', { exact: true })).toBeVisible({ timeout: 90_000 });
  await expect(page.locator('#answer')).toHaveText('Around Bern is saved, and works without a network.');
  expect(await drawnBoxes(page)).toEqual(['saved', 'chosen']);

  const online = await picture(page);
  await demo.trouble('unreachable');
  const failed: string[] = [];
  const note = (response: Response) => {
    const { pathname } = new URL(response.url());
    if (response.status() >= 400 && /^\/(tiles|fonts|sprite|style)/.test(pathname)) failed.push(pathname);
  };
  page.on('response', note);
  await page.reload();
  await started(page);
  await expect(list.getByText('Around Bern', { exact: true })).toBeVisible();
  await expect.poll(() => drawnBoxes(page)).toEqual(['saved', 'chosen']);
  // Every pixel is the same, including the labels.
  await expect.poll(() => picture(page), { timeout: 30_000 }).toBe(online);
  expect(failed).toEqual([]);
  page.off('response', note);
  expect(await statuses(page, INSIDE)).toEqual([200, 200]);
  expect(await statuses(page, OUTSIDE)).toEqual([504]);
  await page.evaluate(() => (window as any).demo.map.jumpTo({ center: [30.5, 50.4], zoom: 6.4 }));
  await expect(page.locator('#missing')).toContainText('not stored, and the origin does not answer', {
    timeout: 60_000,
  });

  await list.getByRole('button', { name: 'Remove: Around Bern' }).press('Enter');
  await expect(list.getByText('No region is saved.')).toBeVisible();
  await expect.poll(() => drawnBoxes(page)).toEqual(['chosen']);
});

test('draws a box with the pointer and saves exactly this box; Escape cancels the drawing', async ({ page, demo }) => {
  await page.goto(`${demo.url}regions#map=6/46.9/7.6`);
  await started(page);
  const box = () => page.evaluate(() => (window as any).demo.box.bounds().map(Math.round));
  const centre = () => page.evaluate(() => (window as any).demo.map.getCenter().toArray());
  const [view, before] = [await box(), await centre()];
  const draw = page.getByRole('button', { name: 'Draw a box' });

  await draw.click();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'Use this view' })).toHaveAttribute('aria-pressed', 'true');

  await draw.click();
  await page.mouse.move(560, 240);
  await page.mouse.down();
  await page.mouse.move(640, 300);
  await page.mouse.move(700, 360);
  await page.mouse.up();
  await expect(page.locator('#hint')).toHaveText(/stays where you have drawn it/);
  const [west, south, east, north] = await box();
  expect([west > view[0], south > view[1], east < view[2], north < view[3]]).toEqual([true, true, true, true]);
  expect(await centre()).toEqual(before);

  // Only the box is saved, not the whole view.
  await page.getByLabel('Down to zoom').selectOption('7');
  await page.getByLabel('Name').fill('Drawn');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.locator('tile-regions').getByText('Works offline', { exact: true })).toBeVisible({
    timeout: 90_000,
  });
  const { bounds, drawn } = await page.evaluate(async () => {
    const { client, box } = (window as any).demo;
    return { bounds: (await client.regions.list())[0].bounds, drawn: box.bounds() };
  });
  expect(bounds).toEqual(drawn);
  await page.getByRole('button', { name: 'Use this view' }).click();
  expect(await box()).toEqual(view);
  await demo.trouble('unreachable');
  const [inside, beside] = [0, 1].map((columns) => {
    const { z, x, y } = tileAt(bounds[2], (bounds[1] + bounds[3]) / 2, 7);
    return `${z}/${x + columns}/${y}`;
  }) as [string, string];
  expect(await statuses(page, [inside])).toEqual([200]);
  expect(await statuses(page, [beside])).toEqual([504]);
});
