import type { Page } from '@playwright/test';
import { expect, test } from './map-page';

const PROGRAM = `
  import * as L from 'leaflet';
  import { bindTileLayer, showTileAges } from 'sw-tile-cache/leaflet';
  import 'sw-tile-cache/tile-age';
  import { createStub } from '${import.meta.dirname}/stub';
  const status = { state: 'active', offline: false, checkedAt: Date.now(), failures: 0, layers: {} };
  const client = { ...createStub(), status: () => status };
  const map = L.map('map', { center: [20, 10], zoom: 4 });
  const layer = L.tileLayer('/tiles/roads/{z}/{x}/{y}.png').addTo(map);
  const binding = bindTileLayer(layer, client);
  const element = document.querySelector('tile-age');
  element.client = client;
  const told = [];
  addEventListener('tileagechange', (event) => told.push(event.detail.state));
  Object.assign(window, { map, layer, client, binding, element, told, showTileAges, clientStatus: status });
`;

interface AgeWindow {
  client: { emit(event: string, detail: object): void; listenerCount(): number };
  binding: { tiles(): Array<{ z: number; x: number; y: number }>; unbind(): void };
  element: HTMLElement & { binding: unknown };
  clientStatus: { offline: boolean; failures: number; checkedAt: number | undefined; layers: Record<string, object> };
  told: string[];
  ages: { remove(): void };
  showTileAges(binding: unknown, options?: object): { remove(): void };
}

const HOUR = 3600;
const layer = (oldest: number, updating = false) => ({ oldest, median: oldest, updating, version: '1', counts: {} });

async function open(
  page: Page,
  origin: { url: string; page(path: string, program: string, head?: string): Promise<void> },
  attributes = '',
) {
  await origin.page(
    '/map',
    PROGRAM,
    `<link rel="stylesheet" href="/lib/leaflet/dist/leaflet.css"><html lang="en"><tile-age layer="roads" ${attributes}></tile-age>`,
  );
  await page.goto(`${origin.url}/map`);
  await page.waitForFunction(() => (window as never as AgeWindow).binding?.tiles().length > 4);
}

const say = (page: Page, change: object) =>
  page.evaluate((rest) => {
    const w = window as never as AgeWindow;
    Object.assign(w.clientStatus, rest);
    w.client.emit('status', w.clientStatus);
  }, change);
const badge = (page: Page) => page.locator('tile-age [part=badge]');
const live = (page: Page) => page.locator('tile-age [role=status]');

test('the badge appears when tiles are older than the threshold', async ({ page, origin }) => {
  await open(page, origin);
  await say(page, { layers: { roads: layer(60) } });
  await expect(badge(page)).toBeHidden();
  await say(page, { layers: { roads: layer(3.5 * HOUR), pois: layer(99 * HOUR) } });
  await expect(badge(page)).toBeVisible();
  await expect(page.locator('tile-age [part=text]')).toHaveText('May be out of date: 3 hr');
  await expect(page.locator('tile-age [part=checked]')).toHaveText(/Last checked \d+ sec ago/);
  await expect(page.locator('tile-age')).toHaveAttribute('state', 'old');
  await page.evaluate(() => (window as never as AgeWindow).element.setAttribute('threshold', '20000'));
  await expect(badge(page)).toBeHidden();
  // The badge shows the operator's message whatever the tiles' age.
  const message = 'Flood levels are from this morning: <b>the sensors</b> are down.';
  await say(page, { message });
  await expect(page.locator('tile-age [part=message]')).toHaveText(message);
  await expect(live(page)).toHaveText(message);
  if (process.env['LOOK']) await page.screenshot({ path: `${process.env['LOOK']}/message.png` });
  await say(page, { message: undefined });
  await expect(badge(page)).toBeHidden();
  expect(await page.evaluate(() => (window as never as AgeWindow).told)).toEqual(
    ['unknown', 'current', 'old', 'current'].slice(-3),
  );
});

test('offline, failing and updating have different texts, which attributes can replace', async ({ page, origin }) => {
  await open(page, origin, 'text-offline="Ohne Netz, bis {age} alt" lang="de" show-current text-current="Aktuell"');
  const text = page.locator('tile-age [part=text]');
  await say(page, { offline: true, layers: { roads: layer(2 * HOUR) } });
  await expect(text).toHaveText('Ohne Netz, bis 2 Std. alt');
  await say(page, { offline: false, failures: 3, layers: { roads: layer(60) } });
  await expect(text).toHaveText('Cannot look for updates');
  await say(page, { failures: 0, layers: { roads: layer(60, true) } });
  await expect(text).toHaveText('Updating …');
  await say(page, { layers: { roads: layer(60) } });
  await expect(text).toHaveText('Aktuell');
  await expect(badge(page)).toBeVisible();
});

test('screen readers announce a change of state, but not every minute that passes', async ({ page, origin }) => {
  await page.clock.install();
  await open(page, origin);
  const heard: string[] = [];
  await page.exposeFunction('heard', (text: string) => void heard.push(text));
  await page.evaluate(() => {
    const region = document.querySelector('tile-age')!.shadowRoot!.querySelector('[role=status]')!;
    new MutationObserver(() => (window as never as { heard(text: string): void }).heard(region.textContent!)).observe(
      region,
      { childList: true, characterData: true, subtree: true },
    );
  });
  for (let i = 0; i < 30; i++) {
    await say(page, { layers: { roads: layer(2 * HOUR + i * 600) } });
    await page.clock.runFor(10_000);
  }
  await expect(live(page)).toHaveText('May be out of date: 2 hr');
  await expect(page.locator('tile-age [part=text]')).toHaveText('May be out of date: 6 hr');
  await say(page, { layers: { roads: layer(5) } });
  await expect(live(page)).toHaveText('Up to date');
  expect(heard).toEqual(['May be out of date: 2 hr', 'Up to date']);
});

test('with a binding, only tiles on the screen count', async ({ page, origin }) => {
  await open(page, origin);
  await page.evaluate(() => {
    const w = window as never as AgeWindow;
    const uses = w.binding
      .tiles()
      .map((tile) => ({ layer: 'roads', tile, status: 'hit', age: 7200, duration: 1, code: 200 }));
    w.client.emit('used', { uses });
    w.element.binding = w.binding;
  });
  await say(page, { layers: { roads: layer(999 * HOUR) } });
  await expect(page.locator('tile-age [part=text]')).toHaveText('May be out of date: 2 hr');
});

test('stops listening when it is removed from the page, and resumes when it is put back', async ({ page, origin }) => {
  await open(page, origin);
  const count = () => page.evaluate(() => (window as never as AgeWindow).client.listenerCount());
  const bound = await count();
  await page.evaluate(() => (window as never as AgeWindow).element.remove());
  expect(await count()).toBe(bound - 1);
  await page.evaluate(() => document.body.append((window as never as AgeWindow).element));
  expect(await count()).toBe(bound);
  await say(page, { layers: { roads: layer(2 * HOUR) } });
  await expect(badge(page)).toBeVisible();
});

test('the overlay colours tiles by age, has a legend, and removes itself completely', async ({
  page,
  origin,
}, info) => {
  await open(page, origin);
  const children = await page.evaluate(() => document.querySelector('#map')!.childElementCount);
  const listeners = await page.evaluate(() => (window as never as AgeWindow).client.listenerCount());
  await page.evaluate(() => {
    const w = window as never as AgeWindow;
    const ages = [5, 600, 7200, 200_000];
    const status = ['hit', 'stale', 'hit', 'error'];
    const uses = w.binding
      .tiles()
      .map((tile, i) => ({ layer: 'roads', tile, status: 'hit', age: ages[i % 4], duration: 1, code: 200 }));
    w.client.emit('used', { uses });
    w.client.emit('used', { uses: uses.map((use, i) => ({ ...use, status: status[i % 4] })).slice(0, -2) });
    w.ages = w.showTileAges(w.binding);
  });
  await say(page, { layers: { roads: layer(3 * HOUR) } });
  const painted = () =>
    page.evaluate(() => {
      const canvas = document.querySelector<HTMLCanvasElement>('#map > canvas');
      if (!canvas) return 0;
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      const colours = new Set<string>();
      // Count translucent pixels, which are the fill. Nearly opaque ones are borders and text.
      for (let i = 0; i < data.length; i += 4)
        if (data[i + 3]! > 60 && data[i + 3]! < 120) colours.add([...data.slice(i, i + 3)].map((c) => c >> 5).join());
      return colours.size;
    });
  await expect.poll(painted).toBeGreaterThanOrEqual(4);
  const shadow = await page.evaluate(
    () =>
      [...document.querySelector('#map')!.querySelectorAll('*')].find((one) => one.shadowRoot)!.shadowRoot!.textContent,
  );
  expect(shadow).toContain('Age of tiles');
  expect(shadow).toContain('under 1 min');
  await page.screenshot({ path: info.outputPath('light.png') });
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.screenshot({ path: info.outputPath('dark.png') });
  await page.emulateMedia({ colorScheme: 'light', forcedColors: 'active' });
  await page.screenshot({ path: info.outputPath('forced.png') });
  await page.evaluate(() => (window as never as AgeWindow).ages.remove());
  expect(await page.evaluate(() => document.querySelector('#map')!.childElementCount)).toBe(children);
  expect(await page.evaluate(() => (window as never as AgeWindow).client.listenerCount())).toBe(listeners);
});
