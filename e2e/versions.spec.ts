// One version check proves a whole layer fresh, and a new version changes only the tiles that it must change.
import { chromium, type Page } from '@playwright/test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { advance, setClock } from './fixtures/test';
import {
  ask,
  check,
  eventsOf,
  expect,
  gate,
  labels,
  layerStatus,
  messagesOf,
  openTab as openTabIn,
  originLayer,
  settle,
  test,
  tile,
  tiles,
  tilesOf,
  versionEndpoint,
  versionIn,
  workerSource,
} from './fixtures/client-page';

test.describe.configure({ timeout: 120_000 });

const common = `freshness: 'version', maxAge: 3600, staleIfError: Infinity, timeout: 3`;
const worker = workerSource(`{ layers: {
  roads: { ${common} },
  rivers: { ${common}, versionPolicy: 'serve-stale' },
  alerts: { ${common}, versionPolicy: 'discard' },
  asked: { ${common}, versionedUrls: true },
  pathed: { ${common}, versionedUrls: true, template: '/tiles/pathed/{version}/{z}/{x}/{y}.geojson' },
} }`);

const tileOf = (layer: string) => `/tiles/${layer}/1/0/0.png`;
const versionsOf = (page: Page, paths: readonly string[]) =>
  tiles(page, paths).then((list) => list.map(({ headers }) => headers['x-tile-version']));
const unique = <T>(list: readonly T[]) => [...new Set(list)];

test.beforeEach(async ({ server, controlled }) => {
  // Set the worker's clock back, so that it may advance by hours and stay behind the page's: a confirmation cannot lie in
  // the future.
  server.clock -= 12 * 3600 * 1000;
  await controlled(worker);
});

test.describe('freshness by version', () => {
  test('after a check that finds no change, 200 stored tiles cause no request', async ({ server, openTab }) => {
    const paths = tilesOf('roads', 4).slice(0, 200);
    const roads = originLayer(server, paths, 'v1');
    roads.cc = 'max-age=10';
    const endpoint = versionEndpoint(server, { layers: { roads: { version: 'v1' } } });
    const page = await openTab({ worker, versions: true });
    await check(page);
    expect(await versionIn(page, 'roads')).toBe('v1');
    await tiles(page, paths);
    await settle(page);
    const stored = server.requests().filter(({ path }) => path !== '/version.json').length;

    // Both the origin's max-age of ten seconds and the last confirmation are over.
    await advance(page, server, 2 * 3600);
    const before = endpoint.asked;
    await check(page);
    expect(endpoint.asked).toBe(before + 1);
    const again = await tiles(page, paths);
    expect(unique(again.map(({ label, headers }) => `${label} ${headers['x-tile-version']}`))).toEqual(['v1 v1']);
    expect(again.every(({ headers }) => /hit; ?ttl=[1-9]/.test(headers['cache-status'] ?? ''))).toBe(true);
    expect(server.requests().filter(({ path }) => path !== '/version.json')).toHaveLength(stored);
  });

  test('without a confirmation or without a version header, the HTTP headers decide', async ({ server, openTab }) => {
    const known = originLayer(server, [tileOf('roads')], 'v1');
    const unknown = originLayer(server, ['/tiles/roads/1/1/1.png']);
    for (const layer of [known, unknown]) layer.cc = 'max-age=10';
    versionEndpoint(server, { layers: { roads: { version: 'v1' } } });
    const page = await openTab({ worker, versions: true });
    await check(page);
    await tiles(page, [tileOf('roads'), '/tiles/roads/1/1/1.png']);
    await settle(page);
    await advance(page, server, 60);
    await check(page);
    // The check proves only the tile with a version header fresh. The other one is stale by its own headers.
    await tiles(page, [tileOf('roads'), '/tiles/roads/1/1/1.png']);
    expect(server.requests(tileOf('roads'))).toHaveLength(1);
    expect(server.requests('/tiles/roads/1/1/1.png')).toHaveLength(2);
    // A confirmation expires after the layer's maxAge.
    await advance(page, server, 3700);
    await tile(page, tileOf('roads'));
    expect(server.requests(tileOf('roads'))).toHaveLength(2);
  });

  test('the first version that a client learns invalidates nothing', async ({ server, openTab, anotherTab }) => {
    const paths = tilesOf('roads', 1);
    originLayer(server, paths, undefined).content = () => 'first';
    const page = await openTab({ worker });
    await tiles(page, paths);
    await settle(page);
    versionEndpoint(server, { layers: { roads: { version: 'v1' } } });
    const watching = await anotherTab({ worker, versions: true });
    await check(watching);
    expect(await versionIn(watching, 'roads')).toBe('v1');
    expect(unique(await labels(watching, paths))).toEqual(['first']);
    expect(unique(await versionsOf(watching, paths))).toEqual([undefined]);
    expect(server.requests(paths[0])).toHaveLength(1);
    for (const tab of [page, watching]) expect(await eventsOf(tab, 'versionchange')).toEqual([]);
  });
});

test.describe('what the manifest says', () => {
  test('a change with a box causes requests for its tiles only; the new version confirms all others', async ({
    server,
    openTab,
  }) => {
    const paths = tilesOf('roads', 3);
    const roads = originLayer(server, paths, 'v1');
    const endpoint = versionEndpoint(server, { layers: { roads: { version: 'v1', revision: 1 } } });
    const page = await openTab({ worker, versions: true });
    await check(page);
    await tiles(page, paths);
    await settle(page);

    roads.version = 'v2';
    roads.content = (path) => (path === '/tiles/roads/3/2/3.png' ? 'flooded' : 'v1');
    endpoint.manifest = {
      layers: { roads: { version: 'v2', revision: 2, changes: [{ from: 'v1', bbox: [-74.3, 40.5, -73.7, 40.9] }] } },
    };
    const before = server.requests().length;
    await check(page);
    const shown = await labels(page, paths);
    expect(paths.filter((_, at) => shown[at] === 'flooded')).toEqual(['/tiles/roads/3/2/3.png']);
    expect(unique(await versionsOf(page, paths))).toEqual(['v2']);
    const asked = server
      .requests()
      .slice(before)
      .map(({ path }) => path)
      .filter((path) => path !== '/version.json');
    const touched = paths.filter((path) => /\/3\/[123]\/[234]\.png$/.test(path));
    expect(asked.sort()).toEqual(touched.sort());
    expect(await eventsOf(page, 'versionchange')).toEqual([{ layer: 'roads', version: 'v2', previous: 'v1' }]);
    expect(await eventsOf(page, 'invalidated')).toMatchObject([{ layer: 'roads', bbox: [-74.3, 40.5, -73.7, 40.9] }]);

    // If `changes` starts from a version that the client does not have, the whole layer changes.
    await settle(page);
    roads.version = 'v4';
    roads.content = () => 'v4';
    endpoint.manifest = {
      layers: { roads: { version: 'v4', revision: 4, changes: [{ from: 'v3', bbox: [0, 0, 1, 1] }] } },
    };
    await check(page);
    // On a slow machine, 64 tiles at once may exceed the patience. Such a tile is old and marked, and new the next time.
    await expect.poll(async () => unique(await labels(page, paths))).toEqual(['v4']);
  });

  test('without revisions, a lagging node does not make tabs switch back and fetch everything again', async ({
    server,
    openTab,
    anotherTab,
  }) => {
    const paths = tilesOf('roads', 1);
    const roads = originLayer(server, paths, 'v1');
    const endpoint = versionEndpoint(server, { version: 'v1' });
    const page = await openTab({ worker, versions: true });
    const other = await anotherTab({ worker, versions: true });
    await check(page);
    await tiles(page, paths);
    await settle(page);
    roads.version = 'v2';
    endpoint.manifest = { version: 'v2' };
    await check(page);
    expect(unique(await labels(page, paths))).toEqual(['v2']);
    await settle(page);
    const asked = server.requests(paths[0]).length;

    // From now on, every other answer has the old version.
    let turn = 0;
    server.on('/version.json', () => ({ body: JSON.stringify({ version: ++turn % 2 ? 'v1' : 'v2' }), cc: 'no-cache' }));
    for (let round = 0; round < 6; round += 1) {
      for (const tab of [page, other]) {
        await check(round % 2 ? page : other);
        expect(unique(await labels(tab, paths))).toEqual(['v2']);
      }
    }
    expect(turn).toBeGreaterThanOrEqual(12);
    expect(server.requests(paths[0])).toHaveLength(asked);
    for (const tab of [page, other]) {
      expect(await versionIn(tab, 'roads')).toBe('v2');
      const changes = (await eventsOf(tab, 'versionchange')).filter(({ layer }) => layer === 'roads');
      expect(changes).toEqual([{ layer: 'roads', version: 'v2', previous: 'v1' }]);
    }
  });

  test('with revisions, a lower one is ignored at once, and a rollback takes effect at once', async ({
    server,
    openTab,
  }) => {
    const paths = tilesOf('roads', 1);
    const roads = originLayer(server, paths, 'v1');
    const endpoint = versionEndpoint(server, { layers: { roads: { version: 'v1', revision: 1 } } });
    const page = await openTab({ worker, versions: true });
    await check(page);
    await tiles(page, paths);
    await settle(page);
    roads.version = 'v2';
    endpoint.manifest = { layers: { roads: { version: 'v2', revision: 2 } } };
    await check(page);
    expect(unique(await labels(page, paths))).toEqual(['v2']);
    await settle(page);
    endpoint.manifest = { layers: { roads: { version: 'v1', revision: 1 } } };
    for (let time = 0; time < 3; time += 1) await check(page);
    expect(await versionIn(page, 'roads')).toBe('v2');
    const asked = server.requests(paths[0]).length;
    expect(unique(await labels(page, paths))).toEqual(['v2']);
    expect(server.requests(paths[0])).toHaveLength(asked);

    roads.version = 'v1';
    endpoint.manifest = { layers: { roads: { version: 'v1', revision: 3 } } };
    await check(page);
    expect(await versionIn(page, 'roads')).toBe('v1');
    expect(unique(await labels(page, paths))).toEqual(['v1']);
    expect(unique(await versionsOf(page, paths))).toEqual(['v1']);
  });

  test('a layer that disappears from the manifest keeps its version and its tiles', async ({ server, openTab }) => {
    originLayer(server, [tileOf('roads')], 'v1');
    const endpoint = versionEndpoint(server, { layers: { roads: { version: 'v1' }, poi: { version: '1' } } });
    const page = await openTab({ worker, versions: true });
    await check(page);
    await tile(page, tileOf('roads'));
    await settle(page);
    endpoint.manifest = { layers: { poi: { version: '2' } } };
    await check(page);
    expect(await versionIn(page, 'roads')).toBe('v1');
    expect((await tile(page, tileOf('roads'))).headers['cache-status']).toContain('hit');
  });

  test('an event stream announces a version without a check', async ({ server, openTab }) => {
    const roads = originLayer(server, [tileOf('roads')], 'v1');
    versionEndpoint(server, { layers: { roads: { version: 'v1' } } });
    const event = `data: ${JSON.stringify({ layers: { roads: { version: 'v2' } } })}\n\n`;
    const { opened, open } = gate();
    // The body never ends, so that the stream stays open.
    server.on('/stream', {
      gate: opened,
      body: event + `:${' '.repeat(event.length + 8)}`,
      hang: 'body',
      headers: { 'content-type': 'text/event-stream' },
    });
    const page = await openTab({ worker, versions: { interval: 3600, stream: '/stream' } });
    await check(page);
    await tile(page, tileOf('roads'));
    await settle(page);
    roads.version = 'v2';
    open();
    await expect.poll(() => versionIn(page, 'roads')).toBe('v2');
    expect((await tile(page, tileOf('roads'))).label).toBe('v2');
  });
});

test.describe('a version endpoint in trouble', () => {
  const troubles = {
    'an error': { status: 500 },
    garbage: { body: '{"version":' },
    "a captive portal's page": {
      body: '<!doctype html><title>Sign in</title>',
      headers: { 'content-type': 'text/html' },
    },
    'an invalid version': { body: JSON.stringify({ version: 'with spaces' }) },
    'too much': { body: JSON.stringify({ version: 'v9', filler: 'x'.repeat(300_000) }) },
    'a cut connection': { reset: true },
    'no answer': { hang: 'head' as const },
  };

  test('whatever it answers, the last known version stays in force, and an event reports the failure', async ({
    server,
    openTab,
  }) => {
    originLayer(server, [tileOf('roads')], 'v1');
    const endpoint = versionEndpoint(server, { layers: { roads: { version: 'v1' } } });
    const page = await openTab({ worker, versions: true });
    await check(page);
    await tile(page, tileOf('roads'));
    await settle(page);
    const failures: number[] = [];
    for (const [trouble, instead] of Object.entries(troubles)) {
      endpoint.instead = instead;
      await check(page);
      const last = (await eventsOf(page, 'versioncheck')).at(-1);
      expect(last, trouble).toMatchObject({ ok: false, error: { code: expect.stringMatching(/^[A-Z_]+$/) } });
      failures.push(last.failures);
      expect(await versionIn(page, 'roads'), trouble).toBe('v1');
      expect((await tile(page, tileOf('roads'))).headers['cache-status'], trouble).toContain('hit');
    }
    expect(failures).toEqual(failures.map((_, at) => failures[0]! + at));
    endpoint.instead = undefined;
    await check(page);
    expect((await eventsOf(page, 'versioncheck')).at(-1)).toMatchObject({ ok: true });
    expect(await eventsOf(page, 'versionchange')).toEqual([]);
  });

  test('the last known version survives a restart of the browser', async ({ server, launchOptions }) => {
    const profile = await mkdtemp(join(tmpdir(), 'versions-'));
    const roads = originLayer(server, [tileOf('roads')], 'v1');
    const endpoint = versionEndpoint(server, { layers: { roads: { version: 'v1' } } });
    const start = async () => {
      const context = await chromium.launchPersistentContext(profile, { ...launchOptions, serviceWorkers: 'allow' });
      const page = context.pages()[0] ?? (await context.newPage());
      await openTabIn(page, server, { worker, versions: true });
      return { context, page };
    };
    try {
      const first = await start();
      await check(first.page);
      roads.version = 'v2';
      endpoint.manifest = { layers: { roads: { version: 'v2' } } };
      await check(first.page);
      expect((await tile(first.page, tileOf('roads'))).label).toBe('v2');
      await settle(first.page);
      await first.context.close();

      endpoint.instead = { status: 503 };
      const second = await start();
      await check(second.page);
      expect(await versionIn(second.page, 'roads')).toBe('v2');
      expect((await eventsOf(second.page, 'versioncheck')).at(-1)).toMatchObject({ ok: false });
      expect(await layerStatus(second.page, 'roads')).toMatchObject({ version: 'v2' });
      const asked = server.requests(tileOf('roads')).length;
      expect(await tile(second.page, tileOf('roads'))).toMatchObject({
        label: 'v2',
        headers: { 'x-tile-version': 'v2' },
      });
      expect(server.requests(tileOf('roads'))).toHaveLength(asked);
      await second.context.close();
    } finally {
      await rm(profile, { recursive: true, force: true });
    }
  });
});

test.describe('several pages', () => {
  test('one of two tabs checks for both in each interval; if it is closed, the other one takes over', async ({
    server,
    openTab,
    anotherTab,
  }) => {
    const endpoint = versionEndpoint(server, { version: 'v1' });
    const page = await openTab({ worker, versions: { interval: 1 } });
    const other = await anotherTab({ worker, versions: { interval: 1 } });
    const checks = async (tab: Page) =>
      (await eventsOf(tab, 'versioncheck')).map(({ checkedAt }) => checkedAt as number);
    for (const tab of [page, other])
      await expect.poll(async () => (await checks(tab)).length, { timeout: 60_000 }).toBeGreaterThanOrEqual(6);
    const seen = await checks(other);
    // Both tabs heard of the same checks, and no two checks came closer than the interval minus its jitter.
    expect(await checks(page)).toEqual(expect.arrayContaining(seen.slice(0, 4)));
    const gaps = seen.slice(1).map((at, i) => at - seen[i]!);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(700);
    await page.close();
    const asked = endpoint.asked;
    await expect.poll(() => endpoint.asked, { timeout: 30_000 }).toBeGreaterThanOrEqual(asked + 2);
  });

  test('both tabs, an uncontrolled page and a frame of the origin hear of versions and of updated tiles', async ({
    server,
    openTab,
    anotherTab,
    page: blank,
  }) => {
    const paths = tilesOf('rivers', 1);
    const rivers = originLayer(server, paths, 'v1');
    const endpoint = versionEndpoint(server, { layers: { rivers: { version: 'v1' } } });
    await blank.evaluate(async () => (await navigator.serviceWorker.getRegistration())!.unregister());
    const under = { worker, client: { registration: { scope: '/app/' } } };
    const page = await openTab({ ...under, path: '/app/client.html', versions: true });
    await setClock(page, server);
    const other = await anotherTab({ ...under, path: '/app/client.html' });
    const outside = await anotherTab({ ...under, path: '/elsewhere.html', controlled: false });
    expect(await outside.evaluate(() => navigator.serviceWorker.controller)).toBeNull();
    await other.evaluate(() => document.body.append(document.createElement('iframe')));
    const frame = other.frames()[1] as unknown as Page;
    await openTabIn(frame, server, { ...under, path: '/app/frame.html' });
    await setClock(page, server);

    await check(page);
    await tiles(page, paths);
    await settle(page);
    rivers.version = 'v2';
    // One of the four tiles keeps its bytes.
    rivers.content = (path) => (path === tileOf('rivers') ? 'v1' : 'v2');
    endpoint.manifest = { layers: { rivers: { version: 'v2' } } };
    await check(page);
    expect(unique(await labels(page, paths))).toEqual(['v1']);
    for (const tab of [page, other, outside, frame]) {
      await expect
        .poll(() => eventsOf(tab, 'versionchange'))
        .toEqual([{ layer: 'rivers', version: 'v2', previous: 'v1' }]);
      const updated = async () =>
        (await eventsOf(tab, 'tilesupdated'))
          .flatMap(({ tiles }) => tiles.map(({ z, x, y }: any) => `${z}/${x}/${y}`))
          .sort();
      await expect.poll(updated).toEqual(['1/0/1', '1/1/0', '1/1/1']);
    }
    expect(unique(await versionsOf(page, paths))).toEqual(['v2']);
  });

  test('a frame in another storage partition gets the version from its URL', async ({ server, launchOptions }) => {
    // Disable site isolation: in a separate process, the frame's worker would wait for Playwright forever.
    const args = [
      ...(launchOptions.args ?? []),
      '--disable-site-isolation-trials',
      '--disable-features=IsolateOrigins,site-per-process',
    ];
    const browser = await chromium.launch({ ...launchOptions, args });
    try {
      const context = await browser.newContext();
      const embedding = await context.newPage();
      const elsewhere = server.url.replace('127.0.0.1', 'localhost');
      server.serve('/embedding.html', '<!doctype html><title>embedding</title><iframe></iframe>');
      await embedding.goto(`${elsewhere}/embedding.html`);
      const frame = embedding.frames()[1] as unknown as Page;
      await openTabIn(frame, server, { worker, path: '/client.html?tileVersion=roads:v7,poi:12' });
      await expect.poll(() => versionIn(frame, 'roads')).toBe('v7');
      expect(await versionIn(frame, 'poi')).toBe('12');
      await expect.poll(() => layerStatus(frame, 'roads')).toMatchObject({ version: 'v7' });
      expect(await eventsOf(frame, 'versionchange')).toEqual([]);
      // The storage is partitioned: the same URL in a top-level page knows nothing of the version.
      const top = await openTabIn(await context.newPage(), server, { worker });
      expect(await versionIn(top, 'roads')).toBeUndefined();
      expect(await layerStatus(top, 'roads')).toBeUndefined();
    } finally {
      await browser.close();
    }
  });
});

test.describe('old tiles after a version change', () => {
  /** Stores tiles of version 1, publishes version 2, and waits until the page has learnt it. */
  async function publishV2(layer: string, tools: { server: any; openTab: any }, paths = [tileOf(layer)]) {
    const origin = originLayer(tools.server, paths, 'v1');
    const endpoint = versionEndpoint(tools.server, { layers: { [layer]: { version: 'v1' } } });
    const page: Page = await tools.openTab({ worker, versions: true });
    await check(page);
    await tiles(page, paths);
    await settle(page);
    origin.version = 'v2';
    endpoint.manifest = { layers: { [layer]: { version: 'v2' } } };
    await check(page);
    expect(await versionIn(page, layer)).toBe('v2');
    return { origin, page, path: paths[0]! };
  }

  test("'revalidate': fetches the new tile; if the origin hangs, answers with the old one, marked as stale", async ({
    server,
    openTab,
  }) => {
    const { origin, page, path } = await publishV2('roads', { server, openTab });
    origin.exchange = { hang: 'head' };
    const old = await tile(page, path);
    expect(old).toMatchObject({ status: 200, label: 'v1', headers: { 'x-tile-version': 'v1' } });
    expect(old.headers['cache-status']).toMatch(/fwd=stale.*patience/);
    // The worker waits only once: it answers the next request from the store at once.
    const next = await tile(page, path);
    expect(next.headers['cache-status']).toMatch(/fwd=stale.*patience/);
    origin.exchange = {};
    // Advance the clock repeatedly: the pause after the timeout may begin after any step.
    const labelAfterTwoMinutes = async () => {
      await advance(page, server, 120);
      return (await tile(page, path)).label;
    };
    await expect.poll(labelAfterTwoMinutes).toBe('v2');
    expect((await tile(page, path)).headers['x-tile-version']).toBe('v2');
  });

  test("'revalidate': answers with the new tile at once if the origin is healthy", async ({ server, openTab }) => {
    const { page, path } = await publishV2('roads', { server, openTab });
    expect(await tile(page, path)).toMatchObject({ label: 'v2', headers: { 'x-tile-version': 'v2' } });
  });

  test("'serve-stale': answers with the old tile at once, even if the origin hangs, and announces the new one later", async ({
    server,
    openTab,
  }) => {
    const { origin, page, path } = await publishV2('rivers', { server, openTab });
    const { opened, open } = gate();
    origin.exchange = { gate: opened };
    const old = await tile(page, path);
    expect(old).toMatchObject({ status: 200, label: 'v1', headers: { 'x-tile-version': 'v1' } });
    expect(old.headers['cache-status']).toMatch(/hit; ?ttl=(0|-\d+)/);
    open();
    await expect.poll(async () => (await messagesOf(page, 'TILES_UPDATED')).length).toBe(1);
    expect(await tile(page, path)).toMatchObject({ label: 'v2', headers: { 'x-tile-version': 'v2' } });
  });

  test("'discard': never answers with an old tile, even if the origin hangs", async ({ server, openTab }) => {
    const { origin, page, path } = await publishV2('alerts', { server, openTab });
    origin.exchange = { hang: 'head' };
    const none = await tile(page, path);
    expect(none.status).toBe(504);
    expect(none.label).toBeUndefined();
    origin.exchange = {};
    await expect.poll(async () => (await tile(page, path)).label).toBe('v2');
  });

  for (const [layer, policy] of [
    ['roads', 'revalidate'],
    ['rivers', 'serve-stale'],
    ['alerts', 'discard'],
  ] as const) {
    test(`'${policy}': ${policy === 'discard' ? 'answers with no tile' : 'answers with the old tile'} offline`, async ({
      server,
      openTab,
      context,
    }) => {
      const paths = tilesOf(layer, 1);
      const { page } = await publishV2(layer, { server, openTab }, paths);
      await context.setOffline(true);
      for (const shown of await tiles(page, paths)) {
        if (policy === 'discard') expect(shown.status).toBe(504);
        else {
          expect(shown).toMatchObject({ status: 200, label: 'v1', headers: { 'x-tile-version': 'v1' } });
          expect(shown.headers['cache-status']).toMatch(/fwd=stale|hit; ?ttl=(0|-\d+)/);
        }
      }
      await context.setOffline(false);
      await advance(page, server, 120);
      await expect.poll(async () => unique(await labels(page, paths))).toEqual(['v2']);
    });
  }
});

test.describe('versions in URLs', () => {
  for (const [layer, address] of [
    ['asked', (version: string) => `/tiles/asked/1/0/0.geojson?v=${version}`],
    ['pathed', (version: string) => `/tiles/pathed/${version}/1/0/0.geojson`],
  ] as const) {
    test(`${address('…')}: an answer to a request for the old version carries the version of its bytes`, async ({
      server,
      openTab,
    }) => {
      // The origin sends no version header: the URL is the evidence.
      for (const version of ['v1', 'v2']) {
        const path = new URL(address(version), server.url).pathname;
        server.on(path, ({ url }) => ({
          body: /v=v(\d)|v(\d)\//.exec(url)![0].includes('v1') ? '{"label":"v1"}' : '{"label":"v2"}',
          cc: 'max-age=3600',
          headers: { 'content-type': 'application/json' },
        }));
      }
      const endpoint = versionEndpoint(server, { layers: { [layer]: { version: 'v1' } } });
      const page = await openTab({ worker, versions: true });
      await check(page);
      expect(await tile(page, address('v1'))).toMatchObject({ label: 'v1', headers: { 'x-tile-version': 'v1' } });
      await settle(page);
      endpoint.manifest = { layers: { [layer]: { version: 'v2' } } };
      await check(page);
      // The answer to v1 may have the old or the new bytes, but always with the version that matches them.
      const answers = [];
      for (const version of ['v1', 'v2', 'v1', 'v2']) {
        const { status, label, headers } = await tile(page, address(version));
        answers.push(`${status} ${label} as ${headers['x-tile-version']}`);
        await settle(page);
      }
      for (const answer of answers) expect(answer).toMatch(/^200 (v[12]) as \1$/);
      expect(answers[0]).toBe('200 v1 as v1');
      expect([answers[1], answers[3]]).toEqual(['200 v2 as v2', '200 v2 as v2']);
      // The answer for v1 did not replace the stored tile of v2.
      const status = await ask<any>(page, { type: 'TILE_STATUS', id: '1' });
      expect(status.result.layers[layer].version).toBe('v2');
      expect((await tile(page, address('v2'))).headers['cache-status']).toContain('hit');
    });
  }
});

test('navigating away during a version check causes no failure on the next page', async ({ server, openTab }) => {
  const endpoint = versionEndpoint(server, { version: 'v1' });
  const held = gate();
  endpoint.instead = { gate: held.opened };
  const versions = { interval: 60 };
  await openTab({ worker, versions });
  await expect.poll(() => endpoint.asked).toBe(1);
  endpoint.instead = undefined;
  // Navigate the same tab to the next page.
  const page = await openTab({ worker, versions });
  await expect.poll(() => versionIn(page, 'roads')).toBe('v1');
  expect((await eventsOf(page, 'versioncheck')).every(({ ok }) => ok)).toBe(true);
  held.open();
});
