// The origin announces v2 while the edge still answers with v1: no v1 tile is answered as fresh, and pages show v2 soon after
// the edge has it.
import type { Page } from '@playwright/test';
import {
  check,
  eventsOf,
  expect,
  openTab as openTabIn,
  originLayer,
  test,
  tile,
  tiles,
  tilesOf,
  versionEndpoint,
  workerSource,
} from './fixtures/client-page';
import { png } from './server/tiles';

test.describe.configure({ timeout: 90_000 });

const worker = workerSource(`{ layers: {
  roads: { staleIfError: Infinity },
  alerts: { versionPolicy: 'discard' },
  bare: { staleIfError: Infinity, settleTime: 8 },
} }`);

const shown = async (page: Page, paths: readonly string[]) =>
  (await tiles(page, paths)).map(({ label, headers }) => ({ label, how: headers['cache-status'] ?? '' }));

for (const layer of ['roads', 'alerts']) {
  test(`${layer}: v1 is never fresh once v2 is announced, and v2 arrives without a second publication`, async ({
    page: first,
    server,
  }) => {
    const paths = tilesOf(layer, 2);
    const edge = originLayer(server, paths, 'v1');
    edge.cc = 'max-age=86400';
    const endpoint = versionEndpoint(server, { layers: { [layer]: { version: 'v1' } } });
    const page = await openTabIn(first, server, { worker, versions: true });
    await check(page);
    await tiles(page, paths);
    endpoint.manifest = { layers: { [layer]: { version: 'v2' } } };
    await check(page);

    // The edge lags, before and after a reload.
    for (let round = 0; round < 2; round += 1) {
      for (const { label, how } of await shown(page, paths)) {
        expect(how).toContain('versionmismatch');
        expect(how).not.toMatch(/ttl=[1-9]/);
        expect(label).toBe(layer === 'alerts' ? undefined : 'v1');
      }
      if (round > 0) continue;
      await expect
        .poll(async () => (await eventsOf(page, 'notice')).map(({ notice }) => notice))
        .toContain('versionmismatch');
      await openTabIn(page, server, { worker, versions: true });
    }
    await page.waitForTimeout(2000);

    // The page requests nothing: the worker does, and tells the page.
    edge.version = 'v2';
    await expect
      .poll(
        async () =>
          new Set(
            (await eventsOf(page, 'tilesupdated')).flatMap((event) => event.tiles.map(({ x, y }: any) => `${x}/${y}`)),
          ).size,
        { timeout: 10_000 },
      )
      .toBe(paths.length);
    const before = server.requests().length;
    for (const { label, how } of await shown(page, paths)) {
      expect(label).toBe('v2');
      expect(how).toMatch(/hit; ttl=[1-9]/);
    }
    expect(server.requests()).toHaveLength(before);
  });
}

test('with an edge that sends no versions, no tile is fresh right after a switch, and pages become current by themselves', async ({
  page: first,
  server,
}) => {
  const paths = tilesOf('bare', 1);
  let content = 'old';
  for (const path of paths) server.on(path, () => ({ etag: `"${content}"`, cc: 'max-age=86400', body: png(content) }));
  const endpoint = versionEndpoint(server, { layers: { bare: { version: 'v1', revision: 1 } } });
  const page = await openTabIn(first, server, { worker, versions: true });
  await check(page);
  await tiles(page, paths);
  endpoint.manifest = { layers: { bare: { version: 'v2', revision: 2 } } };
  await check(page);
  for (let round = 0; round < 2; round += 1)
    for (const { label, how } of await shown(page, paths)) {
      expect(label).toBe('old');
      expect(how).not.toMatch(/ttl=[1-9]/);
    }

  // The edge gets the new tiles. The page requests nothing.
  content = 'new';
  const told = async () =>
    new Set((await eventsOf(page, 'tilesupdated')).flatMap((event) => event.tiles.map(({ x, y }: any) => `${x}/${y}`)));
  await expect.poll(async () => (await told()).size, { timeout: 15_000 }).toBe(paths.length);
  expect((await shown(page, paths)).map(({ label }) => label)).toEqual(paths.map(() => 'new'));
});

test('a version that only a URL names labels no tile, and may select data', async ({ page: first, server }) => {
  const path = '/tiles/roads/3/4/5.png';
  server.on(path, ({ url }) => ({ body: png(url.split('=')[1] ?? ''), cc: 'max-age=31536000, immutable' }));
  const page = await openTabIn(first, server, { worker: workerSource() });
  const ask = async (tokens: string[]) => {
    const before = server.requests(path).length;
    for (const token of tokens) {
      const { label, headers } = await tile(page, `${path}?v=${token}`);
      expect([label, headers['x-tile-version']]).toEqual([token, undefined]);
    }
    return server.requests(path).length - before;
  };
  expect(await ask(['1', '2', 'no2', 'pm25'])).toBe(4);
  expect(await ask(['1', 'pm25', '2', 'no2'])).toBe(0);
});
