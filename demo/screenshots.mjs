// Takes the screenshots for docs/images from the running demo: node demo/screenshots.mjs [http://localhost:8080/]
import { existsSync, writeFileSync } from 'node:fs';
import { chromium } from 'playwright';
import { shrinkPng } from './shrink-png.mjs';

const url = process.argv[2] ?? 'http://localhost:8080/';
const out = new URL('../docs/images/', import.meta.url).pathname;
const system = '/usr/bin/chromium';
const browser = await chromium.launch({
  ...(existsSync(system) && { executablePath: system }),
  args: ['--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
});
const DESKTOP = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };

const post = (path, body) =>
  fetch(`${url}api/demo/${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
const ready = (page) =>
  page.waitForFunction(() => demo.client.state === 'active' && (!demo.map.loaded || demo.map.loaded()), undefined, {
    polling: 200,
    timeout: 120_000,
  });

/** Opens a page twice, so that caches answer the second time. `act` brings the page into the state to show. */
async function take(name, path, viewport, colorScheme, act = async () => {}) {
  const context = await browser.newContext({
    viewport,
    colorScheme,
    hasTouch: viewport === PHONE,
    deviceScaleFactor: 1,
  });
  const page = await context.newPage();
  for (const _ of [1, 2]) {
    await page.goto('about:blank');
    await page.goto(url + path);
    await page.waitForFunction(() => globalThis.demo, undefined, { polling: 200, timeout: 60_000 });
    await ready(page);
  }
  await act(page);
  await ready(page);
  await page.waitForTimeout(1500);
  writeFileSync(`${out}${name}.png`, shrinkPng(await page.screenshot()));
  await context.close();
  console.log(name);
}

const publish = (layer) => async (page) => {
  await page.click(`[data-layer="${layer}"] .actions button:last-child`);
  await page.waitForTimeout(4000);
};
const lived = async (page) => {
  await page.evaluate(() => demo.map.jumpTo({ center: [11, 48], zoom: 4.4 }));
  await page.waitForTimeout(12_000);
  await publish('flood_zones')(page);
  await page.evaluate(() => demo.map.jumpTo({ center: [8, 47], zoom: 3.8 }));
  await page.waitForTimeout(8000);
  await publish('places')(page);
  await page.waitForTimeout(10_000);
};

const saveRegion = async (page) => {
  await page.fill('#name', 'Switzerland');
  await page.click('#save .primary');
  await page.getByText('Works offline', { exact: true }).waitFor({ timeout: 120_000 });
};

const shots = {
  demo: () => take('demo', '', DESKTOP, 'light', lived),
  'demo-dark': () => take('demo-dark', '', DESKTOP, 'dark', lived),
  'demo-ages': () =>
    take('demo-ages', '', DESKTOP, 'light', async (page) => {
      await page.selectOption('#age-layer', 'political');
      await page.waitForTimeout(20_000);
      await publish('political')(page);
    }),
  'demo-failing': () =>
    take('demo-failing', '', DESKTOP, 'light', async (page) => {
      await page.click('#trouble input[value="failing"]', { force: true });
      await page.waitForFunction(() => document.querySelector('#pill').dataset.tone !== 'good', undefined, {
        timeout: 60_000,
      });
    }),
  'demo-phone': () => take('demo-phone', '', PHONE, 'light'),
  'demo-phone-dark': () => take('demo-phone-dark', '', PHONE, 'dark', (page) => page.click('.grip')),
  leaflet: () =>
    take('leaflet', 'leaflet', DESKTOP, 'light', async (page) => {
      await page.click('.mini-row button');
      await page.waitForTimeout(6000);
      await page.locator('tile-age[state="current"]').waitFor({ timeout: 60_000 });
      await page.getByLabel('Show the age of each tile').check();
    }),
  openlayers: () => take('openlayers', 'openlayers', DESKTOP, 'light'),
  regions: () => take('regions', 'regions#map=5.6/46.8/8.2', { width: 1200, height: 760 }, 'light', saveRegion),
  'regions-phone-dark': () =>
    take('regions-phone-dark', 'regions#map=5.6/46.8/8.2', PHONE, 'dark', async (page) => {
      await page.click('.grip');
      await saveRegion(page);
    }),
  'kiosk-dark': () => take('kiosk-dark', 'kiosk', DESKTOP, 'dark'),
};
const wanted = process.argv.slice(3);
for (const [name, shot] of Object.entries(shots)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  await post('reset', {});
  await shot();
}
await post('reset', {});
await browser.close();
