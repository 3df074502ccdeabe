// axe finds no problem on any page of the demo, in both colour schemes, on a desktop and on a phone.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures/demo';

test.describe.configure({ timeout: 240_000 });

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SIZES = { desk: { width: 1000, height: 700 }, phone: { width: 390, height: 844 } };
/** A folder for screenshots, if you want to look at them. */
const pictures = process.env['LOOK'];

async function findings(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(
    (options) => (window as never as { axe: { run(options: RunOptions): Promise<AxeResults> } }).axe.run(options),
    { resultTypes: ['violations'] } as RunOptions,
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${String(target)}: ${failureSummary}`),
  );
}

for (const path of ['', 'leaflet', 'openlayers', 'regions', 'kiosk'])
  test(`/${path}: axe finds nothing`, async ({ page, demo }) => {
    await page.goto(`${demo.url}${path}`);
    await page.waitForFunction(() => (window as any).demo?.client.state === 'active', undefined, { timeout: 60_000 });
    await page.reload();
    const says = page.locator('tile-age [part=text], #pill').first();
    await expect(says).toHaveText('Up to date', { timeout: 60_000 });
    for (const [size, viewport] of Object.entries(SIZES))
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        if (pictures) {
          await page.waitForTimeout(4000);
          await page.screenshot({ path: `${pictures}/${path || 'demo'}-${size}-${colorScheme}.png` });
          const ages = page.getByLabel('Show the age of each tile');
          if (await ages.count()) {
            await ages.check();
            await page.waitForTimeout(2000);
            await page.screenshot({ path: `${pictures}/${path}-${size}-${colorScheme}-ages.png` });
            await ages.uncheck();
          }
        }
        // On a phone, the sheet is closed at first.
        if (/^(regions)?$/.test(path) && size === 'phone' && colorScheme === 'light')
          await page.locator('.grip').click();
        expect(await findings(page), `${size}, ${colorScheme}`).toEqual([]);
      }
  });
