// One check proves a layer fresh; a new version changes what has to change and nothing else.
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

const one = (layer: string) => `/tiles/${layer}/1/0/0.png`;
const all = (page: Page, paths: readonly string[]) =>
  tiles(page, paths).then((list) => list.map(({ headers }) => headers['x-tile-version']));
const unique = <T>(list: readonly T[]) => [...new Set(list)];

test.beforeEach(async ({ server, controlled }) => {
  // The worker's clock may go forward by hours and still be behind the page's, which vouches for nothing in the future.
  server.clock -= 12 * 3600 * 1000;
  await controlled(worker);
});

test.describe('freshness by version', () => {
  test('after a check with nothing changed, 200 warm tiles cause no request', async ({ server, openTab }) => {
    const paths = tilesOf('roads', 4).slice(0, 200);
    const roads = originLayer(server, paths, 'v1');
    roads.cc = 'max-age=10';
    const endpoint = versionEndpoint(server, { layers: { roads: { version: 'v1' } } });
    const page = await openTab({ worker, versions: true });
    await check(page);
    expect(await versionIn(page, 'roads')).toBe('v1');
    await tiles(page, paths);
    await settle(page);
    const warm = server.requests().filter(({ path }) => path !== '/version.json').length;

    // The origin's own ten seconds are over, and so is the last confirmation.
    await advance(page, server, 2 * 3600);
    const before = endpoint.asked;
    await check(page);
    expect(endpoint.asked).toBe(before + 1);
    const again = await tiles(page, paths);
    expect(unique(again.map(({ label, headers }) => `${label} ${headers['x-tile-version']}`))).toEqual(['v1 v1']);
    expect(again.every(({ headers }) => /hit; ?ttl=[1-9]/.test(headers['cache-status'] ?? ''))).toBe(true);
    expect(server.requests().filter(({ path }) => path !== '/version.json')).toHaveLength(warm);
  });

  test('without the check, and without evidence, the headers decide', async ({ server, openTab }) => {
    const known = originLayer(server, [one('roads')], 'v1');
    const unknown = originLayer(server, ['/tiles/roads/1/1/1.png']);
    for (const layer of [known, unknown]) layer.cc = 'max-age=10';
    versionEndpoint(server, { layers: { roads: { version: 'v1' } } });
    const page = await openTab({ worker, versions: true });
    await check(page);
    await tiles(page, [one('roads'), '/tiles/roads/1/1/1.png']);
    await settle(page);
    await advance(page, server, 60);
    await check(page);
    // The one without a version header is asked for by its own headers, the other is proven.
    await tiles(page, [one('roads'), '/tiles/roads/1/1/1.png']);
    expect(server.requests(one('roads'))).toHaveLength(1);
    expect(server.requests('/tiles/roads/1/1/1.png')).toHaveLength(2);
    // A confirmation lasts for the layer's maxAge.
    await advance(page, server, 3700);
    await tile(page, one('roads'));
    expect(server.requests(one('roads'))).toHaveLength(2);
  });

  test('the first version ever learnt moves nothing', async ({ server, openTab, anotherTab }) => {
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
    expect(unique(await all(watching, paths))).toEqual([undefined]);
    expect(server.requests(paths[0])).toHaveLength(1);
    for (const tab of [page, watching]) expect(await eventsOf(tab, 'versionchange')).toEqual([]);
  });
});

test.describe('what the manifest says', () => {
  test('a change inside a box asks for those tiles alone; all others are confirmed under the new version', async ({
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
    expect(unique(await all(page, paths))).toEqual(['v2']);
    const asked = server
      .requests()
      .slice(before)
      .map(({ path }) => path)
      .filter((path) => path !== '/version.json');
    const touched = paths.filter((path) => /\/3\/[123]\/[234]\.png$/.test(path));
    expect(asked.sort()).toEqual(touched.sort());
    expect(await eventsOf(page, 'versionchange')).toEqual([{ layer: 'roads', version: 'v2', previous: 'v1' }]);
    expect(await eventsOf(page, 'invalidated')).toMatchObject([{ layer: 'roads', bbox: [-74.3, 40.5, -73.7, 40.9] }]);

    // Told from a version that is not ours, the whole layer changes.
    await settle(page);
    roads.version = 'v4';
    roads.content = () => 'v4';
    endpoint.manifest = {
      layers: { roads: { version: 'v4', revision: 4, changes: [{ from: 'v3', bbox: [0, 0, 1, 1] }] } },
    };
    await check(page);
    // 64 at once may use up a slow machine's patience: such a tile is the old one, marked, and new the next time.
    await expect.poll(async () => unique(await labels(page, paths))).toEqual(['v4']);
  });

  test('a node that lags, without revisions, makes no tab flip and fetch everything again', async ({
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

    // From now on every other answer is the old one.
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

  test('with revisions a lower one is ignored at once, and a rollback is believed at once', async ({
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
    expect(unique(await all(page, paths))).toEqual(['v1']);
  });

  test('a layer that vanishes from the manifest keeps its version and its tiles', async ({ server, openTab }) => {
    originLayer(server, [one('roads')], 'v1');
    const endpoint = versionEndpoint(server, { layers: { roads: { version: 'v1' }, poi: { version: '1' } } });
    const page = await openTab({ worker, versions: true });
    await check(page);
    await tile(page, one('roads'));
    await settle(page);
    endpoint.manifest = { layers: { poi: { version: '2' } } };
    await check(page);
    expect(await versionIn(page, 'roads')).toBe('v1');
    expect((await tile(page, one('roads'))).headers['cache-status']).toContain('hit');
  });

  test('a stream of events says it without a check', async ({ server, openTab }) => {
    const roads = originLayer(server, [one('roads')], 'v1');
    versionEndpoint(server, { layers: { roads: { version: 'v1' } } });
    const event = `data: ${JSON.stringify({ layers: { roads: { version: 'v2' } } })}\n\n`;
    const { opened, open } = gate();
    // The rest of the body never comes: the stream stays open.
    server.on('/stream', {
      gate: opened,
      body: event + `:${' '.repeat(event.length + 8)}`,
      hang: 'body',
      headers: { 'content-type': 'text/event-stream' },
    });
    const page = await openTab({ worker, versions: { interval: 3600, stream: '/stream' } });
    await check(page);
    await tile(page, one('roads'));
    await settle(page);
    roads.version = 'v2';
    open();
    await expect.poll(() => versionIn(page, 'roads')).toBe('v2');
    expect((await tile(page, one('roads'))).label).toBe('v2');
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
    'a version that is none': { body: JSON.stringify({ version: 'with spaces' }) },
    'too much': { body: JSON.stringify({ version: 'v9', filler: 'x'.repeat(300_000) }) },
    'a cut connection': { reset: true },
    'no answer': { hang: 'head' as const },
  };

  test('whatever it answers, the last known version stays, and an event says so', async ({ server, openTab }) => {
    originLayer(server, [one('roads')], 'v1');
    const endpoint = versionEndpoint(server, { layers: { roads: { version: 'v1' } } });
    const page = await openTab({ worker, versions: true });
    await check(page);
    await tile(page, one('roads'));
    await settle(page);
    const failures: number[] = [];
    for (const [trouble, instead] of Object.entries(troubles)) {
      endpoint.instead = instead;
      await check(page);
      const last = (await eventsOf(page, 'versioncheck')).at(-1);
      expect(last, trouble).toMatchObject({ ok: false, error: { code: expect.stringMatching(/^[A-Z_]+$/) } });
      failures.push(last.failures);
      expect(await versionIn(page, 'roads'), trouble).toBe('v1');
      expect((await tile(page, one('roads'))).headers['cache-status'], trouble).toContain('hit');
    }
    expect(failures).toEqual(failures.map((_, at) => failures[0]! + at));
    endpoint.instead = undefined;
    await check(page);
    expect((await eventsOf(page, 'versioncheck')).at(-1)).toMatchObject({ ok: true });
    expect(await eventsOf(page, 'versionchange')).toEqual([]);
  });

  test('the last known version survives a restart of the browser', async ({ server, launchOptions }) => {
    const profile = await mkdtemp(join(tmpdir(), 'versions-'));
    const roads = originLayer(server, [one('roads')], 'v1');
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
      expect((await tile(first.page, one('roads'))).label).toBe('v2');
      await settle(first.page);
      await first.context.close();

      endpoint.instead = { status: 503 };
      const second = await start();
      await check(second.page);
      expect(await versionIn(second.page, 'roads')).toBe('v2');
      expect((await eventsOf(second.page, 'versioncheck')).at(-1)).toMatchObject({ ok: false });
      expect(await layerStatus(second.page, 'roads')).toMatchObject({ version: 'v2' });
      const asked = server.requests(one('roads')).length;
      expect(await tile(second.page, one('roads'))).toMatchObject({ label: 'v2', headers: { 'x-tile-version': 'v2' } });
      expect(server.requests(one('roads'))).toHaveLength(asked);
      await second.context.close();
    } finally {
      await rm(profile, { recursive: true, force: true });
    }
  });
});

test.describe('several pages', () => {
  test('one of two tabs asks for both, an interval; a tab that is closed starves nobody', async ({
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
    // Both heard of the same checks, and never were there two within one interval less its jitter.
    expect(await checks(page)).toEqual(expect.arrayContaining(seen.slice(0, 4)));
    const gaps = seen.slice(1).map((at, i) => at - seen[i]!);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(700);
    await page.close();
    const asked = endpoint.asked;
    await expect.poll(() => endpoint.asked, { timeout: 30_000 }).toBeGreaterThanOrEqual(asked + 2);
  });

  test('both tabs, an uncontrolled page and a frame of the origin hear of versions and of tiles with new bytes', async ({
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
    // One of the four keeps its bytes.
    rivers.content = (path) => (path === one('rivers') ? 'v1' : 'v2');
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
    expect(unique(await all(page, paths))).toEqual(['v2']);
  });

  test('a frame in another partition gets the version through its address', async ({ server, launchOptions }) => {
    // In a process of its own a frame's worker would wait for Playwright, for ever.
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
      // It is a partition of its own: the same address as a page knows nothing of it.
      const top = await openTabIn(await context.newPage(), server, { worker });
      expect(await versionIn(top, 'roads')).toBeUndefined();
      expect(await layerStatus(top, 'roads')).toBeUndefined();
    } finally {
      await browser.close();
    }
  });
});

test.describe('what becomes of the old tiles', () => {
  /** Warms version 1, publishes version 2, and has the page learn it. */
  async function switched(layer: string, tools: { server: any; openTab: any }, paths = [one(layer)]) {
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

  test("'revalidate': the new tile is fetched; if the origin hangs, the old one stands in, marked", async ({
    server,
    openTab,
  }) => {
    const { origin, page, path } = await switched('roads', { server, openTab });
    origin.exchange = { hang: 'head' };
    const old = await tile(page, path);
    expect(old).toMatchObject({ status: 200, label: 'v1', headers: { 'x-tile-version': 'v1' } });
    expect(old.headers['cache-status']).toMatch(/fwd=stale.*patience/);
    // One wait, not one a tile: what follows comes from the store at once.
    const next = await tile(page, path);
    expect(next.headers['cache-status']).toMatch(/fwd=stale.*patience/);
    origin.exchange = {};
    // The worker's clock moves only when it is told to: the pause after the time-out may begin after any one step.
    const later = async () => {
      await advance(page, server, 120);
      return (await tile(page, path)).label;
    };
    await expect.poll(later).toBe('v2');
    expect((await tile(page, path)).headers['x-tile-version']).toBe('v2');
  });

  test("'revalidate' with an origin that is well: the new tile, at once", async ({ server, openTab }) => {
    const { page, path } = await switched('roads', { server, openTab });
    expect(await tile(page, path)).toMatchObject({ label: 'v2', headers: { 'x-tile-version': 'v2' } });
  });

  test("'serve-stale': the old tile at once, though the origin hangs; then the new one, announced", async ({
    server,
    openTab,
  }) => {
    const { origin, page, path } = await switched('rivers', { server, openTab });
    const { opened, open } = gate();
    origin.exchange = { gate: opened };
    const old = await tile(page, path);
    expect(old).toMatchObject({ status: 200, label: 'v1', headers: { 'x-tile-version': 'v1' } });
    expect(old.headers['cache-status']).toMatch(/hit; ?ttl=(0|-\d+)/);
    open();
    await expect.poll(async () => (await messagesOf(page, 'TILES_UPDATED')).length).toBe(1);
    expect(await tile(page, path)).toMatchObject({ label: 'v2', headers: { 'x-tile-version': 'v2' } });
  });

  test("'discard': an old tile is never shown, the origin hanging or not", async ({ server, openTab }) => {
    const { origin, page, path } = await switched('alerts', { server, openTab });
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
    test(`offline after a switch, with '${policy}'`, async ({ server, openTab, context }) => {
      const paths = tilesOf(layer, 1);
      const { page } = await switched(layer, { server, openTab }, paths);
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

test.describe('versions in addresses', () => {
  for (const [layer, address] of [
    ['asked', (version: string) => `/tiles/asked/1/0/0.geojson?v=${version}`],
    ['pathed', (version: string) => `/tiles/pathed/${version}/1/0/0.geojson`],
  ] as const) {
    test(`${address('…')}: who asks for the old version after a switch gets an answer that is labelled truly`, async ({
      server,
      openTab,
    }) => {
      // The origin says nothing in headers: the address is the evidence.
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
      // The old bytes before the new ones are there, the new ones afterwards; never one under the other's name.
      const answers = [];
      for (const version of ['v1', 'v2', 'v1', 'v2']) {
        const { status, label, headers } = await tile(page, address(version));
        answers.push(`${status} ${label} as ${headers['x-tile-version']}`);
        await settle(page);
      }
      for (const answer of answers) expect(answer).toMatch(/^200 (v[12]) as \1$/);
      expect(answers[0]).toBe('200 v1 as v1');
      expect([answers[1], answers[3]]).toEqual(['200 v2 as v2', '200 v2 as v2']);
      // The old version's answer did not displace the new one's.
      const status = await ask<any>(page, { type: 'TILE_STATUS', id: '1' });
      expect(status.result.layers[layer].version).toBe('v2');
      expect((await tile(page, address('v2'))).headers['cache-status']).toContain('hit');
    });
  }
});

test('a page that is left in the middle of a check leaves no failure behind', async ({ server, openTab }) => {
  const endpoint = versionEndpoint(server, { version: 'v1' });
  const held = gate();
  endpoint.instead = { gate: held.opened };
  const versions = { interval: 60 };
  await openTab({ worker, versions });
  await expect.poll(() => endpoint.asked).toBe(1);
  endpoint.instead = undefined;
  // The same tab goes on to the next page.
  const page = await openTab({ worker, versions });
  await expect.poll(() => versionIn(page, 'roads')).toBe('v1');
  expect((await eventsOf(page, 'versioncheck')).every(({ ok }) => ok)).toBe(true);
  held.open();
});
