// A kiosk that starts with a wrong clock shows stored tiles, and states no age that it cannot know.
import type { Page } from '@playwright/test';
import { bundle } from '../server/bundle';
import { POINTS } from './film';
import { expect, look, ready, test } from './map-page';
import { shows } from './worker-page';
import { SHIM, shift } from '../fixtures/shifted-clock';

test.describe.configure({ timeout: 120_000 });

const MINUTE = 60_000;
const DAY = 86_400_000;
const SHIFTS = {
  '55 years behind': -55 * 365 * DAY,
  '30 minutes behind': -30 * MINUTE,
  '30 minutes ahead': 30 * MINUTE,
  '400 days ahead': 400 * DAY,
};

const WORKER = `
  import { createTileCache } from 'sw-tile-cache/sw';
  createTileCache({ layers: { roads: { maxAge: 3600, staleIfError: Infinity, timeout: 2 } } }).register({ skipWaiting: true, claim: true });`;

const PROGRAM = `
  import * as L from 'leaflet';
  import { createTileCacheClient } from 'sw-tile-cache';
  import { bindTileLayer } from 'sw-tile-cache/leaflet';
  import 'sw-tile-cache/tile-age';
  const badge = document.querySelector('tile-age');
  window.said = [];
  const text = () => badge.shadowRoot?.querySelector('[part=text]')?.textContent ?? '';
  setInterval(() => text() !== window.said.at(-1) && window.said.push(text()), 20);
  (async () => {
    const client = (window.client = await createTileCacheClient({ serviceWorker: '/sw.js', versions: { url: '/version.json', interval: 2 } }));
    const map = L.map('map', { center: [20, 10], zoom: 4 });
    const layer = L.tileLayer('/tiles/roads/{z}/{x}/{y}.png').on('load', () => (window.ready = true)).addTo(map);
    badge.client = client;
    badge.binding = window.binding = bindTileLayer(layer, client);
  })();`;

interface ClockWindow {
  said: string[];
  binding: { tiles(): Array<{ z: number; x: number; y: number }>; age(tile: object): { age: number } | undefined };
  client: { status(): { summary: { state: string }; layers: Record<string, { shown: Array<{ age?: number }> }> } };
}

const said = (page: Page) => page.evaluate(() => (window as never as ClockWindow).said.filter(Boolean));
const state = (page: Page) => page.evaluate(() => (window as never as ClockWindow).client.status().summary.state);
/** Returns how the worker answers twenty tiles, including those on the screen. */
const answers = (page: Page) =>
  page.evaluate(() =>
    Promise.all(
      [6, 7, 8, 9, 10].flatMap((x) =>
        [5, 6, 7, 8].map((y) => fetch(`/tiles/roads/4/${x}/${y}.png`).then(({ status }) => status)),
      ),
    ),
  );
/** Returns the same with the `Age` and the `Cache-Status` of each answer. */
const answersWithAge = (page: Page) =>
  page.evaluate(() =>
    Promise.all(
      [6, 7, 8, 9, 10].flatMap((x) =>
        [5, 6, 7, 8].map(async (y) => {
          const { status, headers } = await fetch(`/tiles/roads/4/${x}/${y}.png`);
          const age = Number(headers.get('age'));
          return { status, age, how: headers.get('cache-status') ?? '' };
        }),
      ),
    ),
  );
const TWENTY = Array.from({ length: 20 }, () => 200);

for (const [name, by] of Object.entries(SHIFTS))
  test(`with a clock ${name} and no network, the map shows every stored tile`, async ({ page, origin }) => {
    await page.addInitScript(SHIM);
    const badge = '<html lang="en"><tile-age layer="roads" show-current></tile-age>';
    origin.serve('/sw.js', SHIM + (await bundle(WORKER)), 'text/javascript');
    origin.serve('/blank', '<!doctype html><title>blank</title>');
    origin.serve('/version.json', '{"version":"1"}', 'application/json');
    await origin.page('/map', PROGRAM, `<link rel="stylesheet" href="/lib/leaflet/dist/leaflet.css">${badge}`);
    await page.goto(`${origin.url}/map`);
    await ready(page);
    await page.reload();
    await ready(page);
    await shows(page, 'old');
    expect(await answers(page)).toEqual(TWENTY);

    // The power comes back without the network, and the clock is wrong.
    origin.fail = () => -1;
    origin.serve('/version.json', 'no', 'text/plain');
    await page.goto(`${origin.url}/blank`);
    await shift(page, by);
    await page.goto(`${origin.url}/map`);
    await ready(page);
    await shows(page, 'old');
    expect(await answers(page)).toEqual(TWENTY);
    expect((await look(page, POINTS)).blank).toBe(0);
    await expect(page.locator('tile-age')).toHaveAttribute('state', /.+/);
    const ages = await page.evaluate(() =>
      (window as never as ClockWindow).client.status().layers['roads']!.shown.map(({ age }) => age),
    );
    // For a clock that is behind, these tiles were stored in the future, so it cannot tell their age.
    if (by < 0) for (const age of ages) expect(age ?? 0).toBeLessThan(3600);
    for (const words of await said(page)) expect(words).not.toMatch(/NaN|Infinity|-\d|missing|\d,\d{3} days/);

    // The network comes back under the wrong clock, with new data.
    origin.version = 2;
    origin.fail = () => undefined;
    origin.serve('/version.json', '{"version":"2"}', 'application/json');
    await page.evaluate(() => dispatchEvent(new Event('online')));
    await shows(page, 'new');
    await expect.poll(() => state(page)).toBe('current');
    expect(await answers(page)).toEqual(TWENTY);

    // The network sets the clock. A tile that was fetched a moment ago is a moment old.
    const before = (await said(page)).length;
    await shift(page, 0);
    await page.evaluate(() => dispatchEvent(new Event('online')));
    await expect(page.locator('tile-age [part=checked]')).toHaveText(/ago/);
    // Wait longer than the badge's pause between two updates.
    await page.waitForTimeout(6000);
    await expect.poll(() => state(page)).toBe('current');
    for (const words of (await said(page)).slice(before)) expect(words).not.toMatch(/day|yr|hr|out of date|not known/i);
    await page.reload();
    await ready(page);
    await expect.poll(() => state(page)).toBe('current');
    for (const words of await said(page)) expect(words).not.toMatch(/day|yr|hr/);

    // Two hours later the origin fails. Tiles that arrived under the wrong clock are neither fresh nor decades old.
    origin.fail = () => -1;
    await shift(page, 120 * MINUTE);
    for (const { status, age, how } of await answersWithAge(page)) {
      expect(status).toBe(200);
      expect(how).not.toMatch(/; hit; ttl=[1-9]/);
      expect(age).toBeLessThan(180 * 60);
    }
  });
