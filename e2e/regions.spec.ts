import { createHash } from 'node:crypto';
import type { Page } from '@playwright/test';
import { PMTiles } from 'pmtiles';
import type { RegionSpec } from '../src/shared/regions';
import {
  fetchAll,
  HARBOUR,
  openRegionTab,
  regionCall,
  ROADS,
  saveRegion,
  untilState,
  urlsOf,
} from './fixtures/regions';
import { expect, setQuota, stopWorker, test } from './fixtures/test';
import { png } from './server/tiles';
import type { TileServer } from './server/tile-server';

/** Returns the origin's tile of an edition. */
const body = (path: string, edition: string) => png(`${edition} ${path}`, { padding: 20_000 });
const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

function publish(server: TileServer, urls: readonly string[], edition: string) {
  for (const url of urls) server.on(url, { body: body(url, edition), etag: `"${edition} ${url}"`, cc: 'max-age=60' });
}

/** Returns the bytes of Cache Storage that the browser reports. */
const usage = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    const estimate = (await navigator.storage.estimate()) as { usageDetails?: Record<string, number> };
    return estimate.usageDetails?.['caches'] ?? 0;
  });

test('saves a region that is complete offline, updates it at once, and frees its storage when it is removed', async ({
  page,
  server,
  context,
}) => {
  test.setTimeout(120_000);
  const urls = urlsOf(HARBOUR);
  publish(server, urls, 'one');
  await openRegionTab(page, server);
  const empty = await usage(page);
  const { last, told } = await saveRegion(page, HARBOUR);
  expect(last).toMatchObject({ state: 'complete', tiles: urls.length, total: urls.length, failed: 0, edition: 1 });
  const counts = told.map(({ tiles }) => tiles);
  expect(counts).toEqual([...counts].sort((a, b) => a - b));
  // Each tile is requested once.
  expect(server.requests().filter(({ path }) => path.startsWith('/tiles/')).length).toBe(urls.length);

  await context.setOffline(true);
  await stopWorker(page);
  const inside = await fetchAll(page, urls);
  expect(inside.filter(({ url, hash }) => hash !== sha(body(url, 'one')))).toEqual([]);
  expect((await fetchAll(page, ['/tiles/roads/12/0/0.png']))[0]?.status).toBe(504);
  const coverage = await page.evaluate(() =>
    (window as any).bench.client.coverage({ layer: 'roads', bounds: [9.5, 53.2, 10.4, 53.9], zooms: [10, 12] }),
  );
  const answered = await fetchAll(
    page,
    coverage.map(({ tile }: any) => `/tiles/roads/${tile.z}/${tile.x}/${tile.y}.png`),
  );
  expect(coverage.map(({ covered }: any) => covered)).toEqual(answered.map(({ status }) => status === 200));
  expect(new Set(coverage.map(({ covered }: any) => covered)).size).toBe(2);
  await context.setOffline(false);

  // An update sends conditional requests, and switches all tiles at once.
  publish(server, urls.slice(0, 40), 'two');
  const before = server.requests().length;
  await regionCall(page, 'update', 'harbour');
  const updated = await untilState(page, 'harbour', 'complete');
  expect(updated).toMatchObject({ edition: 2, tiles: urls.length });
  expect(
    server
      .requests()
      .slice(before)
      .filter(({ path }) => path.startsWith('/tiles/'))
      .every(({ headers }) => headers['if-none-match']),
  ).toBe(true);
  await context.setOffline(true);
  const after = await fetchAll(page, urls);
  expect(after.map(({ hash }) => hash)).toEqual(urls.map((url, i) => sha(body(url, i < 40 ? 'two' : 'one'))));
  await context.setOffline(false);

  // List the names of packs without opening them: a page that opens a cache keeps its storage until the handle is
  // garbage-collected.
  const packs = () => page.evaluate(async () => (await caches.keys()).filter((name) => name.split(':').length > 4));
  expect(await packs()).toHaveLength(1);
  const full = await usage(page);
  const own = full - empty;
  expect(own).toBeGreaterThan(urls.length * 20_000);
  await regionCall(page, 'remove', 'harbour');
  // Poll: the browser also counts the Blobs of packs that were read, until they are garbage-collected.
  await expect.poll(async () => (full - (await usage(page))) / own, { timeout: 45_000 }).toBeGreaterThan(0.95);
  expect(await regionCall(page, 'list')).toEqual([]);
  expect(await packs()).toEqual([]);
});

test('a full quota leaves the current edition complete, is reported, and the update resumes when there is room', async ({
  page,
  server,
  context,
}) => {
  const urls = urlsOf(HARBOUR);
  publish(server, urls, 'one');
  await openRegionTab(page, server);
  await saveRegion(page, HARBOUR);
  publish(server, urls, 'two');
  const end = await setQuota(page, server.url, 1);
  await regionCall(page, 'update', 'harbour');
  // If there is not even room to record the failure, the region waits.
  const { error, reason } = await untilState(page, 'harbour', 'failed', 'waiting');
  expect([error?.code, reason]).toContain(error ? 'STORAGE_FAILED' : 'busy');
  await context.setOffline(true);
  const full = await fetchAll(page, urls);
  expect(full.map(({ hash }) => hash)).toEqual(urls.map((url) => sha(body(url, 'one'))));
  await context.setOffline(false);
  await end();
  await regionCall(page, 'resume', 'harbour');
  expect(await untilState(page, 'harbour', 'complete')).toMatchObject({ edition: 2, failed: 0 });
});

test('a region exported to a file is complete on another machine without a request', async ({
  page,
  server,
  context,
  browser,
}) => {
  const small: RegionSpec = { ...HARBOUR, zooms: [0, 9] };
  const urls = urlsOf(small);
  publish(server, urls, 'one');
  await openRegionTab(page, server);
  await saveRegion(page, small);
  await context.setOffline(true);
  const file = await page.evaluate(async () => {
    const archive: Blob = await (window as any).bench.client.regions.export('harbour');
    return [...new Uint8Array(await archive.arrayBuffer())];
  });
  // The `pmtiles` library can read the file.
  const archive = new PMTiles({
    getKey: () => 'harbour',
    getBytes: async (offset, length) => ({ data: Uint8Array.from(file.slice(offset, offset + length)).buffer }),
  });
  const [z, x, y] = urls.at(-1)!.match(/\d+/g)!.map(Number) as [number, number, number];
  expect(sha(new Uint8Array((await archive.getZxy(z, x, y))!.data))).toBe(sha(body(urls.at(-1)!, 'one')));

  const there = await browser.newContext();
  const tab = await there.newPage();
  await openRegionTab(tab, server);
  const before = server.requests().filter(({ path }) => path.startsWith('/tiles/')).length;
  const state = await tab.evaluate(async (bytes) => {
    const region = await (window as any).bench.client.regions.import(new Blob([Uint8Array.from(bytes)]));
    return region.info.state;
  }, file);
  expect(state).toBe('complete');
  await there.setOffline(true);
  const inside = await fetchAll(tab, urls);
  expect(inside.filter(({ url, hash }) => hash !== sha(body(url, 'one')))).toEqual([]);
  expect(server.requests().filter(({ path }) => path.startsWith('/tiles/')).length).toBe(before);
  await there.close();
});

test('an invalid region is refused before any request', async ({ page, server }) => {
  await openRegionTab(page, server);
  const refused = async (change: object) => (await regionCall(page, 'save', { ...HARBOUR, ...change })).error;
  expect(await refused({ id: '../x' })).toMatchObject({ code: 'INVALID_OPTION', field: 'id' });
  expect(await refused({ bounds: [9, 54, 10, 53] })).toMatchObject({ code: 'INVALID_OPTION', field: 'bounds[1]' });
  expect(
    await refused({
      bounds: {
        type: 'Polygon',
        coordinates: [
          [
            [0, 0],
            [1, 1],
            [0, 0],
          ],
        ],
      },
    }),
  ).toMatchObject({ field: 'bounds.coordinates[0]' });
  expect(await refused({ zooms: [0, 25] })).toMatchObject({ code: 'INVALID_OPTION', field: 'zooms[1]' });
  expect(await refused({ bounds: [-180, -85, 180, 85], zooms: [0, 12] })).toMatchObject({
    code: 'LIMIT_EXCEEDED',
    field: 'zooms',
  });
  expect(await refused({ layers: ['nothing'] })).toMatchObject({ code: 'INVALID_OPTION', field: 'layers[0]' });
  expect(await refused({ layers: [{ ...ROADS, template: '/elsewhere/{z}/{x}/{y}.png' }] })).toMatchObject({
    field: 'layers[0].template',
  });
  expect((await regionCall(page, 'pause', 'nothing')).error).toMatchObject({ field: 'id' });
  expect(server.requests().filter(({ path }) => path.startsWith('/tiles/'))).toEqual([]);
  expect(await regionCall(page, 'list')).toEqual([]);
});

test('a worker that is stopped while it saves loses at most the requests in flight', async ({ page, server }) => {
  test.setTimeout(120_000);
  const spec: RegionSpec = { ...HARBOUR, id: 'stops', zooms: [0, 14] };
  const urls = urlsOf(spec);
  for (const url of urls) server.on(url, { body: png(url), cc: 'max-age=60' });
  await openRegionTab(page, server);
  await regionCall(page, 'save', spec);
  const shown = async () => (await regionCall(page, 'list'))[0].tiles as number;
  const stops = 6;
  let before = 0;
  for (let i = 1; i <= stops; i += 1) {
    await expect.poll(shown, { timeout: 30_000 }).toBeGreaterThan((urls.length * i) / (stops + 2));
    const now = await shown();
    expect(now).toBeGreaterThanOrEqual(before);
    before = now;
    await stopWorker(page);
  }
  expect(await untilState(page, 'stops', 'complete')).toMatchObject({ tiles: urls.length, failed: 0 });
  const asked = server.requests().filter(({ path }) => path.startsWith('/tiles/')).length;
  // At most six requests are in flight at each stop, over HTTP/1.1.
  expect(asked).toBeLessThanOrEqual(urls.length + 6 * stops);
  await page.context().setOffline(true);
  const inside = await fetchAll(page, urls);
  expect(inside.filter(({ url, hash }) => hash !== sha(png(url)))).toEqual([]);
});

test('users see their regions, and manage them with the keyboard', async ({ page, server }) => {
  publish(server, urlsOf(HARBOUR), 'one');
  await openRegionTab(page, server);
  const script = `
    import 'sw-tile-cache/tile-regions';
    const list = document.createElement('tile-regions');
    list.client = window.bench.client;
    document.body.append(list);`;
  await page.addScriptTag({ content: await server.bundle(script) });
  const list = page.locator('tile-regions');
  await expect(list.getByText('No region is saved.')).toBeVisible();
  await saveRegion(page, HARBOUR);
  const row = list.getByRole('listitem');
  await expect(row).toContainText('Harbour');
  await expect(row).toContainText('Works offline');
  await expect(row).toContainText(/\d+ of \d+ tiles, [\d.]+ MB, saved .* ago/);
  await expect(list.getByRole('status')).toHaveText('Harbour: Works offline');
  await list.getByRole('button', { name: 'Update: Harbour' }).focus();
  await page.keyboard.press('Tab');
  await expect(list.getByRole('button', { name: 'Remove: Harbour' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(row).toHaveCount(0);
  expect(await regionCall(page, 'list')).toEqual([]);
});
