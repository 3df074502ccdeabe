import type { Page } from '@playwright/test';
import { colours, difference, expect, mapPixels, settled, test } from './fixtures/demo';

// Use a small viewport, because the browser renders in software.
test.use({ viewport: { width: 800, height: 560 } });

// Software rendering is slow on a busy machine. The tests of this long file share nothing, so run them in parallel.
test.describe.configure({ timeout: 240_000, mode: 'parallel' });

const version = (page: Page, layer: string) =>
  page.evaluate((name) => (window as any).demo.client.version(name), layer);

/** Returns the view of the map, which must not change. */
const view = (page: Page) =>
  page.evaluate(() => {
    const { map } = (window as any).demo;
    return { center: map.getCenter().toArray(), zoom: map.getZoom() };
  });

/** Returns the numbers of publication in the places' data on the screen. */
const waves = (page: Page) =>
  page.evaluate(() => {
    const { map } = (window as any).demo;
    const seen = map.queryRenderedFeatures({ layers: ['place-dots'] }).map((feature: any) => feature.properties.wave);
    return [...new Set(seen)];
  });

/** Starts recording the client's `used` events. */
const watchUses = (page: Page) =>
  page.evaluate(() => {
    const target = window as any;
    target.uses = [];
    target.demo.client.on('used', ({ uses }: any) => target.uses.push(...uses));
  });

async function open(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await settled(page);
}

test('the map paints, and the panel counts its tiles', async ({ page, demo }) => {
  await open(page, demo.url);
  expect(colours(await mapPixels(page))).toBeGreaterThan(12);
  await expect(page.locator('#pill-text')).toHaveText('Up to date', { timeout: 60_000 });
  await expect(page.locator('[data-layer="places"] .version')).toHaveText(/^[0-9a-f]{8}$/);
  // The first load may finish before the worker controls the page.
  await page.reload();
  await expect(page.locator('[data-layer="places"] .facts')).toContainText(/\d+ (miss|hit)/);
});

test('a reload offline paints the same tiles', async ({ page, context, demo }) => {
  await open(page, demo.url);
  await page.reload();
  await settled(page);
  const before = await mapPixels(page);

  await context.setOffline(true);
  await demo.trouble('unreachable');
  const { total } = await demo.requests();
  await page.reload();
  await settled(page);

  expect(difference(before, await mapPixels(page))).toBeLessThan(0.001);
  expect((await demo.requests(total)).requests.filter(({ status }) => status === 200)).toEqual([]);
  await expect(page.locator('#pill')).not.toHaveAttribute('data-tone', 'good');
});

test('publishing changes what every open tab shows, without a reload and without moving the map', async ({
  page,
  context,
  demo,
}) => {
  const other = await context.newPage();
  const tabs = [page, other];
  for (const tab of tabs) {
    await open(tab, demo.url);
    await tab.evaluate(() => {
      (window as any).sameDocument = true;
      (window as any).demo.map.jumpTo({ center: [4.3, 50.2], zoom: 5.3 });
    });
    await settled(tab);
    expect(await waves(tab)).toEqual([0]);
  }
  const views = await Promise.all(tabs.map(view));

  const published = await demo.publish('places');
  for (const tab of tabs) {
    await expect.poll(() => waves(tab), { timeout: 60_000 }).toEqual([1]);
    expect(await version(tab, 'places')).toBe(published);
    expect(await tab.evaluate(() => (window as any).sameDocument)).toBe(true);
  }
  expect(await Promise.all(tabs.map(view))).toEqual(views);
});

test('publishing a box changes only this box', async ({ page, demo }) => {
  await open(page, `${demo.url}#map=5/50/4`);
  const [near, far] = ['/tiles/places/8/129/88.pbf', '/tiles/places/8/154/79.pbf'];
  const fetchVersion = (path: string) =>
    page.evaluate(async (url) => (await fetch(url)).headers.get('x-tile-version'), path);
  const [old] = [await fetchVersion(near), await fetchVersion(far)];
  const before = await demo.requests();
  const published = await demo.publish('places', [2, 48.5, 3, 49.2]);

  const waveOf = (name: string) =>
    page.evaluate((place) => {
      const { map } = (window as any).demo;
      const found = map.querySourceFeatures('places', {
        sourceLayer: 'places',
        filter: ['==', ['get', 'name'], place],
      });
      return found[0]?.properties.wave;
    }, name);
  await expect.poll(() => waveOf('Paris'), { timeout: 60_000 }).toBe(1);
  expect(await waveOf('London')).toBe(0);

  expect(await fetchVersion(near)).toBe(published);
  // Moscow lies outside the box: its tile is the same in the new version, and nobody requests it.
  expect([old, published]).toContain(await fetchVersion(far));
  const asked = (await demo.requests(before.total)).requests.map(({ path }) => path);
  expect(asked).toContain(near);
  expect(asked).not.toContain(far);
});

test('no request that begins after the ack of a purge gets an old tile, whatever was in flight', async ({
  page,
  demo,
}) => {
  await open(page, demo.url);
  await watchUses(page);
  await demo.trouble('slow', 0.4);
  const published = await demo.publish('flood_zones');
  const seen = await page.evaluate(async (next) => {
    const { client } = (window as any).demo;
    const answers: Array<{ begunAfterAck: boolean; version: string | null; status: number }> = [];
    let acked = false;
    let over = false;
    const fetcher = async (start: number) => {
      for (let at = start; !over; at += 8) {
        const begunAfterAck = acked;
        const response = await fetch(`/tiles/flood_zones/5/${(at >> 5) % 32}/${at % 32}.pbf`);
        await response.arrayBuffer();
        answers.push({ begunAfterAck, version: response.headers.get('x-tile-version'), status: response.status });
      }
    };
    const fetchers = Array.from({ length: 8 }, (_, start) => fetcher(start));
    await new Promise<void>((resolve) => {
      const enough = setInterval(() => answers.length >= 8 && (clearInterval(enough), resolve()), 10);
    });
    await client.invalidate({ layer: 'flood_zones', version: next });
    acked = true;
    const after = () => answers.filter(({ begunAfterAck }) => begunAfterAck).length;
    await new Promise<void>((resolve) => {
      const enough = setInterval(() => after() >= 60 && (clearInterval(enough), resolve()), 10);
    });
    over = true;
    await Promise.all(fetchers);
    return answers;
  }, published);

  const after = seen.filter(({ begunAfterAck }) => begunAfterAck);
  expect(new Set(after.map(({ status }) => status))).toEqual(new Set([200]));
  expect(new Set(after.map((answer) => answer.version))).toEqual(new Set([published]));
  await settled(page);
  await demo.trouble('ok');
  // The map's own tiles are new as well, also after a reload.
  await page.reload();
  await settled(page);
  await watchUses(page);
  await page.evaluate(() => (window as any).demo.map.jumpTo({ zoom: 5 }));
  await settled(page);
  const shown = () =>
    page.evaluate(() =>
      (window as any).uses.filter(({ layer }: any) => layer === 'flood_zones').map((use: any) => use.version),
    );
  await expect.poll(async () => (await shown()).length).toBeGreaterThan(0);
  expect(new Set(await shown())).toEqual(new Set([published]));
});

test('the beacon holds plausible ages and statuses, and nothing secret', async ({ page, demo }) => {
  await open(page, demo.url);
  await page.goto(`${demo.url}?access_token=hush#map=4/47/8`);
  await settled(page);
  await page.reload();
  const hits = () => page.evaluate(() => (window as any).demo?.client.status().layers.places?.counts.hit ?? 0);
  const groups = async () => (await demo.beacons()).beacons.flatMap(({ body }) => body.tiles);
  // A page sends its beacon when it is hidden. If it is left before the measuring code has loaded, it has none: try again.
  await expect(async () => {
    await page.goto(`${demo.url}?access_token=hush#map=4/47/8`);
    await settled(page);
    await expect.poll(hits).toBeGreaterThan(0);
    await page.goto('about:blank');
    await expect
      .poll(async () => (await groups()).map(({ status }: any) => status), { timeout: 10_000 })
      .toContain('hit');
  }).toPass({ timeout: 150_000 });

  await expect
    .poll(async () => new Set((await groups()).map(({ layer }: any) => layer)))
    .toEqual(new Set(['flood_zones', 'places', 'basemap', 'political', 'lights']));
  for (const { count, validations, ageMax, ageSum, zoom } of await groups()) {
    expect(count + validations.count).toBeGreaterThan(0);
    expect(ageMax).toBeLessThan(600);
    expect(ageSum).toBeLessThanOrEqual(count * 600);
    expect(zoom).toBeGreaterThanOrEqual(0);
  }
  const { beacons } = await demo.beacons();
  expect(JSON.stringify(beacons)).not.toContain('hush');
  expect(Math.max(...beacons.map(({ bytes }) => bytes))).toBeLessThanOrEqual(60 * 1024);
});

for (const mode of ['failing', 'unreachable'] as const) {
  test(`while the origin is ${mode}, the map stays, and the page says so`, async ({ page, demo }) => {
    await open(page, demo.url);
    await page.reload();
    await settled(page);
    await page.evaluate(() => (window as any).demo.map.setLayoutProperty('zones', 'visibility', 'none'));
    await page.evaluate(() => (window as any).demo.map.setLayoutProperty('zone-outlines', 'visibility', 'none'));
    const before = await mapPixels(page);

    await demo.trouble(mode);
    await expect(page.locator('#pill-text')).toHaveText(/May be out of date|Cannot look for updates|Offline/, {
      timeout: 60_000,
    });
    await expect(page.locator('#announcer')).toHaveText(/May be out of date|Cannot look for updates|Offline/);
    await expect(page.locator('#checked')).toContainText(/Versions last confirmed .*; .* failed since/);
    expect(difference(before, await mapPixels(page))).toBeLessThan(0.001);

    await demo.trouble('ok');
    // The pause between two attempts has grown to a minute while the origin was away.
    await expect(page.locator('#pill-text')).toHaveText('Up to date', { timeout: 120_000 });
  });
}

test('without the origin, the map shows stored zooms in place of missing ones, and the panel says which', async ({
  page,
  demo,
}) => {
  await open(page, `${demo.url}#map=3.6/47/8`);
  await page.reload();
  await settled(page);
  await demo.trouble('failing');
  await page.evaluate(() => (window as any).demo.map.jumpTo({ center: [8, 47], zoom: 6.2 }));
  const places = page.locator('[data-layer="places"] .missing');
  await expect(places).toContainText('never stored', { timeout: 60_000 });

  await demo.trouble('unreachable');
  await page.reload();
  for (const layer of ['places', 'basemap', 'political'])
    await expect(page.locator(`[data-layer="${layer}"] .missing`)).toHaveText(
      /^The origin does not answer, and .* never stored\. Stored here: zoom \d( to \d)?\.$/,
      { timeout: 60_000 },
    );
  // The map shows countries and places of a lower zoom instead of an empty sea.
  await expect.poll(async () => colours(await mapPixels(page)), { timeout: 60_000 }).toBeGreaterThan(12);
  const drawn = () =>
    page.evaluate(() =>
      ['countries', 'place-dots'].map(
        (id) => (window as any).demo.map.queryRenderedFeatures({ layers: [id] }).length > 0,
      ),
    );
  await expect.poll(drawn, { timeout: 60_000 }).toEqual([true, true]);

  // In a place without stored tiles of this zoom, the panel says which zooms are stored.
  await page.evaluate(() => (window as any).demo.map.jumpTo({ center: [-170, -60], zoom: 6.2 }));
  await expect(places).toHaveText(/Stored (here|elsewhere): zoom/, { timeout: 60_000 });
});

test('1,000 stored tiles cause no request after a version check that finds nothing new', async ({ page, demo }) => {
  await open(page, demo.url);
  const fetchAll = () =>
    page.evaluate(async () => {
      const tiles = Array.from({ length: 1000 }, (_, n) => `/tiles/places/5/${n >> 5}/${n % 32}.pbf`);
      const ages: number[] = [];
      const lane = async () => {
        for (let tile = tiles.pop(); tile; tile = tiles.pop()) {
          const response = await fetch(tile);
          await response.arrayBuffer();
          ages.push(response.ok ? Number(response.headers.get('age')) : -1);
        }
      };
      await Promise.all(Array.from({ length: 16 }, lane));
      return ages;
    });
  await fetchAll();
  await page.evaluate(() => (window as any).demo.client.check());
  const before = await demo.requests();

  const ages = await fetchAll();

  expect(ages).toHaveLength(1000);
  expect(Math.min(...ages)).toBeGreaterThanOrEqual(0);
  const tiles = (await demo.requests(before.total)).requests.filter(({ path }) => path.startsWith('/tiles/places/5/'));
  expect(tiles).toEqual([]);
});

test('a confirmed version keeps tiles fresh beyond their own lifetime', async ({ page, demo }) => {
  await open(page, demo.url);
  const ask = () =>
    page.evaluate(async () => Number((await fetch('/tiles/flood_zones/5/15/10.pbf')).headers.get('age')));
  await ask();
  const before = await demo.requests();
  // These tiles have max-age=10 and stale-while-revalidate=5. The page checks the version every five seconds.
  await expect.poll(ask, { timeout: 40_000 }).toBeGreaterThan(16);
  const asked = (await demo.requests(before.total)).requests.filter(
    ({ path }) => path === '/tiles/flood_zones/5/15/10.pbf',
  );
  expect(asked).toEqual([]);
});

test('the panel works with the keyboard, and its controls have names', async ({ page, demo }) => {
  await open(page, demo.url);
  const nameless = await page.locator('button:visible, input:visible, select:visible').evaluateAll((elements) =>
    elements
      .filter((element) => {
        const { labels } = element as HTMLInputElement;
        return !(element.getAttribute('aria-label') || element.textContent?.trim() || labels?.[0]?.textContent?.trim());
      })
      .map((element) => element.outerHTML),
  );
  expect(nameless).toEqual([]);
  await page.locator('[data-layer="places"] button').first().focus();
  const before = await version(page, 'places');
  await page.keyboard.press('Enter');
  await expect.poll(() => version(page, 'places')).not.toBe(before);
  await expect(page.locator('#announcer')).toHaveText(/new version|Updating|Up to date/);
});

test('on a phone the panel is a sheet that opens and closes', async ({ page, demo }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await open(page, demo.url);
  await expect(page.locator('#cards')).toBeHidden();
  await page.locator('.grip').click();
  await expect(page.locator('#cards')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.locator('#cards')).toBeHidden();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});
