// v2 is announced while the edge still answers v1: nothing old passes for fresh, and pages are right soon after the edge is.
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

test.describe.configure({ timeout: 90_000 });

const worker = workerSource(`{ layers: {
  roads: { staleIfError: Infinity },
  alerts: { versionPolicy: 'discard' },
} }`);

const shown = async (page: Page, paths: readonly string[]) =>
  (await tiles(page, paths)).map(({ label, headers }) => ({ label, how: headers['cache-status'] ?? '' }));

for (const [layer, labelled] of [
  ['roads', true],
  ['alerts', true],
] as const) {
  test(`${layer}: v1 is never fresh once v2 is announced, and v2 is there without another publication`, async ({
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

    // The edge lags, over a reload too.
    for (let round = 0; round < 2; round += 1) {
      for (const { label, how } of await shown(page, paths)) {
        expect(how).toContain(labelled && 'versionmismatch');
        expect(how).not.toMatch(/ttl=[1-9]/);
        expect(label).toBe(layer === 'alerts' ? undefined : 'v1');
      }
      if (round === 0) await openTabIn(page, server, { worker, versions: true });
    }
    await expect
      .poll(async () => (await eventsOf(page, 'notice')).map(({ notice }) => notice))
      .toContain('versionmismatch');
    await page.waitForTimeout(2000);

    // The page itself asks for nothing: the worker does, and tells.
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

test('a version in a URL is the page’s word, and may be data', async ({ page: first, server }) => {
  const at = (token: string) => `/tiles/roads/3/4/5.png?v=${token}`;
  const urls = ['1', '2', 'no2', 'pm25'].map(at);
  for (const [index, token] of ['1', '2', 'no2', 'pm25'].entries()) {
    const edge = originLayer(server, [urls[index]!]);
    edge.content = () => token;
    edge.cc = 'max-age=31536000, immutable';
  }
  const page = await openTabIn(first, server, { worker: workerSource() });
  for (const [index, token] of ['1', '2', 'no2', 'pm25'].entries()) {
    const { label, headers } = await tile(page, urls[index]!);
    expect(label).toBe(token);
    expect(headers['cache-status']).not.toContain('hit');
  }
  const before = server.requests().length;
  for (const [index, token] of ['1', 'pm25', '2', 'no2'].map(
    (token) => [['1', '2', 'no2', 'pm25'].indexOf(token), token] as const,
  )) {
    const { label, headers } = await tile(page, urls[index]!);
    expect(label).toBe(token);
    expect(headers['cache-status']).toContain('hit');
  }
  expect(server.requests()).toHaveLength(before);
});
