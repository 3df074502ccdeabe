// The inspector's panel in the demo: used with the mouse and the keyboard, in both colour schemes, on a desktop and a phone.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures/demo';

test.describe.configure({ timeout: 420_000 });

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SIZES = { desk: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };
/** A folder for screenshots, if you want to look at them. */
const pictures = process.env['LOOK'];

async function findings(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    (window as never as { axe: { run(where: string): Promise<AxeResults> } }).axe.run('tile-inspector'),
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${String(target)}: ${failureSummary}`),
  );
}

test('the panel works, and axe finds no problem', async ({ page, demo }) => {
  await page.setViewportSize(SIZES.desk);
  await page.goto(`${demo.url}?tile-inspector`);
  await page.waitForFunction(() => (window as any).demo?.client.state === 'active', undefined, { timeout: 60_000 });
  await page.reload();
  const panel = page.locator('tile-inspector');
  const part = (title: string) =>
    panel.locator('details', { has: page.getByRole('heading', { name: title, exact: true }) });
  const open = async (title: string) => {
    // Open parts with the keyboard.
    const summary = part(title).locator('summary').first();
    if (await part(title).evaluate((each: HTMLDetailsElement) => each.open)) return;
    await summary.focus();
    await page.keyboard.press('Enter');
  };
  const said = panel.getByRole('status');

  const layers = part('Layers').getByRole('row');
  await expect(layers.filter({ hasText: 'basemap' })).toContainText(/\d+ tiles, [\d.]+ k?M?B/, { timeout: 60_000 });
  // Check stored tiles rather than the picture: a map in the background may not draw for a while.
  await expect(layers.filter({ hasText: 'basemap' })).toContainText('%');

  await open('Log');
  await panel.getByLabel('Note decisions').check();
  // The worker notes decisions only after it has received the message, so fetch until one appears.
  const noted = part('Log').getByRole('row').filter({ hasText: 'places 0/0/0' }).first();
  await expect(async () => {
    await page.evaluate(() => fetch('/tiles/places/0/0/0.pbf').catch(() => {}));
    await expect(noted).toContainText(/decision .* ms:/, { timeout: 5000 });
  }).toPass({ timeout: 60_000 });
  await panel.getByLabel('Text').fill('no such thing');
  await expect(part('Log')).toContainText('Nothing of that kind yet.');
  await panel.getByLabel('Text').fill('');

  await panel.getByLabel('URL, or layer and z/x/y').fill('basemap 0/0/0');
  await page.keyboard.press('Enter');
  await expect(part('Tile').getByRole('heading', { name: 'basemap 0/0/0' })).toBeVisible();
  await expect(part('Tile')).toContainText('Version in force');

  // Click on the map, away from controls.
  const pick = panel.getByRole('button', { name: 'Pick on the map' });
  await pick.click();
  await expect(pick).toHaveAttribute('aria-pressed', 'true');
  await page.mouse.click(560, 450);
  await expect(part('Tile').locator('h4')).toHaveText(/^\w+ \d+\/\d+\/\d+$/);
  await expect(part('Tile').locator('h4')).not.toHaveText('basemap 0/0/0');
  await pick.click();

  await open('Stored tiles');
  await panel.getByRole('button', { name: 'Count stored tiles by zoom' }).click();
  await expect(said).toHaveText(/Counted [1-9]\d* tiles\./);
  await panel.getByRole('button', { name: 'List stored tiles' }).click();
  await expect(said).toHaveText(/\d+ tiles listed/);

  await panel.getByRole('button', { name: 'Mark basemap stale' }).click();
  await expect(said).toHaveText('basemap: marked stale.');
  await open('Rules');
  await expect(part('Rules')).toContainText('marked stale');

  await open('Storage and regions');
  await expect(part('Storage and regions')).toContainText('No region is saved.');

  await open('This page alone');
  await panel.getByLabel('Offline', { exact: true }).check();
  await expect(said).toHaveText('Tiles of this page are offline.');
  const missing = () => page.evaluate(async () => (await fetch('/tiles/basemap/9/1/1.pbf')).status);
  expect(await missing()).toBe(504);
  await panel.getByLabel('Offline', { exact: true }).uncheck();
  await expect(said).toHaveText('The network of this page is unchanged.');
  expect(await missing()).not.toBe(504);

  for (const [size, viewport] of Object.entries(SIZES))
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      if (pictures) {
        await page.waitForTimeout(1500);
        await page.screenshot({ path: `${pictures}/inspector-${size}-${colorScheme}.png` });
        await part('Tile').locator('h4').scrollIntoViewIfNeeded();
        await page.screenshot({ path: `${pictures}/inspector-${size}-${colorScheme}-tile.png` });
        await part('Log').locator('table').scrollIntoViewIfNeeded();
        await page.screenshot({ path: `${pictures}/inspector-${size}-${colorScheme}-log.png` });
        await part('This page alone').locator('summary').scrollIntoViewIfNeeded();
        await page.screenshot({ path: `${pictures}/inspector-${size}-${colorScheme}-end.png` });
      }
      expect(await findings(page), `${size}, ${colorScheme}`).toEqual([]);
      // Nothing overflows horizontally.
      expect(await panel.evaluate((each) => each.scrollWidth - each.clientWidth)).toBeLessThanOrEqual(0);
    }
  await panel.getByRole('button', { name: 'Close the inspector' }).click();
  await expect(panel).toHaveCount(0);
});
