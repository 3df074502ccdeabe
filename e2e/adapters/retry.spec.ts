import { setTimeout } from 'node:timers/promises';
import { POINTS } from './film';
import { expect, look, ready } from './map-page';
import { MAPS, shows, test } from './worker-page';

const NAMES = Object.keys(MAPS) as Array<keyof typeof MAPS>;
const FAILURES = { leaflet: 503, openlayers: -1, maplibre: 503 };

for (const name of NAMES)
  test(`${name}: a map that opened without a single tile fills itself when the origin is back`, async ({
    origin,
    open,
    browserName,
  }) => {
    // Firefox itself repeats a request up to ten times if its connection is cut, so count each path once.
    const count = (paths: readonly string[]) => (browserName === 'firefox' ? new Set(paths).size : paths.length);
    origin.fail = () => FAILURES[name];
    const page = await open(name);
    expect((await look(page, POINTS)).blank).toBe(POINTS.length);
    // Wait for the requests of the first view: on a busy machine, some are still in flight.
    let asked = 0;
    const more = async () => {
      asked = origin.requests.length;
      await setTimeout(500);
      return count(origin.requests.slice(asked));
    };
    await expect.poll(more, { timeout: 20_000 }).toBeLessThan(2);
    // Wait until the pauses between attempts have reached their maximum: then there are few requests, however many tiles
    // are missing.
    await setTimeout(6000);
    expect(count(origin.requests.slice(asked))).toBeLessThan(10);
    let last = 0;
    origin.fail = () => void (last = Date.now());
    const back = Date.now();
    await shows(page, 'old');
    // Measure until the last request, because the time to draw depends on the machine.
    expect(last - back).toBeLessThan(5000);
  });

test('does not retry a tile that the origin does not have', async ({ origin, open }) => {
  origin.fail = (path) => (/\/4\/8\//.test(path) ? 404 : undefined);
  for (const name of NAMES) {
    await open(name);
    await setTimeout(2000);
    const asked = origin.requests.length;
    await setTimeout(4000);
    expect(origin.requests.slice(asked), name).toEqual([]);
  }
});

test('a map that opened from the store while its origin failed becomes current by itself', async ({ origin, open }) => {
  const page = await open('leaflet', '{ roads: { maxAge: 0, staleIfError: Infinity, override: true } }');
  // The first tiles loaded before the worker took over. After a reload it stores them.
  await page.reload();
  await ready(page);
  await shows(page, 'old');
  origin.fail = () => 503;
  origin.version = 2;
  const asked = () => origin.requests.length;
  const first = asked();
  await page.reload();
  await ready(page);
  await shows(page, 'old');
  expect(asked()).toBeGreaterThan(first);
  const before = asked();
  origin.fail = () => undefined;
  // The page tries again ten seconds after the failure at the earliest.
  await expect.poll(asked, { timeout: 60_000 }).toBeGreaterThan(before);
  await shows(page, 'new');
});
