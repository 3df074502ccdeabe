import { describe, expect, it, vi } from 'vitest';
import { createTileCacheClient } from '../../../src/client/client';
import type { ClientEvents, TileCacheClientOptions } from '../../../src/page/types';
import { createFakeBrowser, ORIGIN } from '../fake-browser';
import { settle } from '../fake-clock';
import { FakeRegistration, FakeServiceWorker } from '../fake-worker';

const SCRIPT = `${ORIGIN}/sw.js`;

async function open(
  prepare: (browser: ReturnType<typeof createFakeBrowser>) => void = (browser) => void browser.activeWorker(),
  options: TileCacheClientOptions = { serviceWorker: '/sw.js' },
) {
  const browser = createFakeBrowser();
  prepare(browser);
  const tab = browser.openTab();
  const made = createTileCacheClient(options, tab.env);
  await browser.clock.advance(3000);
  const client = await made;
  const heard: Array<[keyof ClientEvents, unknown]> = [];
  for (const event of [
    'versionchange',
    'tilesupdated',
    'invalidated',
    'used',
    'statechange',
    'notice',
    'status',
  ] as const) {
    client.on(event, (detail) => heard.push([event, detail]));
  }
  return { browser, tab, client, heard };
}

describe('a new worker script that cannot be installed', () => {
  it('is reported by an event, in client.error and on the console; the old worker continues', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { client, browser } = await open();
    const { registration } = browser;
    await settle();
    const failed = vi.fn();
    client.on('updatefailed', failed);
    const broken = new FakeServiceWorker('https://maps.example/sw.js', 'installing');
    registration.install(broken);
    registration.installing = null;
    broken.become('redundant');
    await browser.clock.advance(0);
    const error = expect.objectContaining({ code: 'UPDATE_FAILED' });
    expect(failed.mock.calls).toEqual([[{ error }]]);
    expect(client.error).toEqual(error);
    expect(client.state).toBe('active');
    expect(warn).toHaveBeenCalledOnce();
    expect(warn.mock.calls[0]?.[0]).toMatch(
      /^sw-tile-cache: A new worker could not be installed\. The old worker continues\./,
    );
    warn.mockRestore();
  });
});

describe('a first worker that cannot be installed', () => {
  it('is registered again with a manifest, five minutes later, and used without a reload', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const browser = createFakeBrowser();
    const tab = browser.openTab();
    let ready: (registration: FakeRegistration) => void = () => {};
    tab.container.ready = new Promise((resolve) => (ready = resolve));
    const made = createTileCacheClient({ serviceWorker: '/sw.js', versions: { url: '/v', interval: 60 } }, tab.env);
    await browser.clock.advance(0);
    const broken = new FakeServiceWorker(SCRIPT, 'installing');
    browser.registration.install(broken);
    browser.registration.installing = null;
    broken.become('redundant');
    await browser.clock.advance(3000);
    const client = await made;
    expect(client.state).toBe('unavailable');
    expect(tab.container.registered).toHaveLength(1);

    const second = new FakeRegistration(`${ORIGIN}/`);
    tab.container.found = second;
    await browser.clock.advance(400_000);
    await settle();
    expect(tab.container.registered).toHaveLength(2);
    second.active = new FakeServiceWorker(SCRIPT, 'activated');
    tab.container.control(second.active);
    ready(second);
    await settle();
    expect(client.state).toBe('active');
    await browser.clock.advance(3_600_000);
    expect(tab.container.registered).toHaveLength(2);
    vi.restoreAllMocks();
  });
});

describe('creating a client', () => {
  it('registers the worker and opens the messages', async () => {
    const { tab, client } = await open();
    expect(tab.container.registered).toEqual([['https://maps.example/sw.js', undefined]]);
    expect(tab.container.started).toBe(true);
    expect(client.state).toBe('active');
  });

  it.each<
    [
      string,
      (
        browser: ReturnType<typeof createFakeBrowser>,
        tab: ReturnType<ReturnType<typeof createFakeBrowser>['openTab']>,
      ) => void,
    ]
  >([
    ['registering hangs', (_, tab) => void (tab.container.register = () => new Promise(() => {}))],
    ['the worker never answers', (browser) => void (browser.activeWorker().answer = () => {})],
    ['registering fails', (_, tab) => void (tab.container.register = () => Promise.reject(new Error('no')))],
  ])('resolves within 3 s when %s', async (_, prepare) => {
    const browser = createFakeBrowser();
    const tab = browser.openTab();
    prepare(browser, tab);
    const done = vi.fn();
    void createTileCacheClient({ serviceWorker: '/sw.js', versions: { url: '/v' } }, tab.env).then(done);
    await browser.clock.advance(3000);
    expect(done).toHaveBeenCalledOnce();
    // The client still watches the endpoint.
    expect(browser.requests).toHaveLength(1);
  });

  it('works without service workers', async () => {
    const browser = createFakeBrowser();
    const client = await createTileCacheClient({ serviceWorker: '/sw.js' }, browser.openTab({ worker: false }).env);
    expect(client.state).toBe('unavailable');
    await expect(client.invalidate({ layer: 'roads' })).rejects.toMatchObject({ code: 'NO_WORKER' });
    await expect(client.workerStatus()).rejects.toMatchObject({ code: 'NO_WORKER' });
    client.viewport({ layer: 'roads', zoom: 3, bbox: [0, 0, 1, 1] });
    await client.check();
    client.close();
  });

  it('works outside of a browser', async () => {
    const client = await createTileCacheClient();
    expect(client.state).toBe('unavailable');
    client.close();
  });

  it('learns the worker’s versions', async () => {
    const { client } = await open((browser) => {
      browser.activeWorker();
      browser.tileWorker.versions.set('roads', { version: 'a', revision: 2, confirmedAt: 1 });
    });
    expect(client.version('roads')).toBe('a');
    expect(client.status().layers).toHaveProperty('roads');
  });
});

describe('messages of the worker', () => {
  it('become events', async () => {
    const { tab, heard } = await open();
    const tiles = [{ z: 1, x: 0, y: 1 }];
    const use = { layer: 'roads', tile: tiles[0]!, status: 'hit' as const, age: 3, duration: 1, code: 200 };
    tab.container.deliver({ type: 'TILES_UPDATED', layer: 'roads', tiles });
    tab.container.deliver({ type: 'TILES_INVALIDATED', layer: 'roads', buffer: 1, mode: 'purge', zooms: [3, 4] });
    tab.container.deliver({ type: 'TILES_USED', uses: [use] });
    tab.container.deliver({ type: 'TILE_NOTICE', notice: 'opaque', layer: 'roads' });
    tab.container.deliver({ type: 'VERSION_CHANGED', layer: 'roads', version: 'b', previous: 'a' });
    expect(heard).toEqual([
      ['tilesupdated', { layer: 'roads', tiles }],
      ['invalidated', { layer: 'roads', buffer: 1, mode: 'purge', zooms: [3, 4] }],
      ['used', { uses: [use] }],
      ['notice', { notice: 'opaque', layer: 'roads' }],
      ['versionchange', { layer: 'roads', version: 'b', previous: 'a' }],
    ]);
  });

  it('with an archive’s first version are no change; with another version they are', async () => {
    const { tab, client, heard } = await open();
    for (const version of ['a', 'a']) tab.container.deliver({ type: 'VERSION_LEARNT', layer: 'lights', version });
    expect(client.status().layers.lights?.version).toBe('a');
    expect(heard).toEqual([]);
    // The worker's databases were deleted, and the file was replaced in the meantime.
    tab.container.deliver({ type: 'VERSION_LEARNT', layer: 'lights', version: 'b' });
    expect(heard).toEqual([['versionchange', { layer: 'lights', version: 'b', previous: 'a' }]]);
  });

  it('of other senders are ignored', async () => {
    const { tab, heard } = await open();
    const other = new FakeServiceWorker('https://maps.example/shop/sw.js');
    tab.container.dispatchEvent(
      Object.assign(new Event('message'), {
        data: { type: 'VERSION_CHANGED', layer: 'roads', version: 'b', previous: 'a' },
        source: other,
      }),
    );
    for (const data of [null, 'text', 7, {}, { type: 'CACHE_UPDATED', meta: 'workbox' }]) tab.container.deliver(data);
    expect(heard).toEqual([]);
  });

  it('mark a layer as updating if the worker answers its tiles, and not if they bypass it', async () => {
    for (const updating of [true, false]) {
      const { tab, client } = await open();
      if (!updating) tab.container.controller = null;
      tab.container.dispatchEvent(new Event('controllerchange'));
      expect(client.state).toBe(updating ? 'active' : 'pending');
      tab.container.deliver({ type: 'VERSION_CHANGED', layer: 'roads', version: 'b', previous: 'a' });
      expect(client.status().layers.roads?.updating ?? false).toBe(updating);
    }
  });

  it('offline and online reach the status', async () => {
    const { browser, tab, client, heard } = await open();
    tab.container.deliver({ type: 'TILE_NOTICE', notice: 'offline' });
    expect(client.status().offline).toBe(true);
    await browser.clock.advance(300);
    tab.container.deliver({ type: 'TILE_NOTICE', notice: 'online' });
    await browser.clock.advance(300);
    expect(
      heard.filter(([event]) => event === 'status').map(([, status]) => (status as { offline: boolean }).offline),
    ).toEqual([true, false]);
  });
});

describe('asking the worker', () => {
  it('posts the plain messages of the protocol', async () => {
    const { browser, client } = await open();
    const worker = browser.registration.active!;
    worker.received = [];
    await client.invalidate({ layer: 'roads', version: 'b', bbox: [0, 0, 1, 1] });
    await client.clear({ partition: 'user-7' });
    await client.clear();
    await client.usage();
    await expect(client.workerStatus()).resolves.toMatchObject({ storage: true });
    client.viewport({ layer: 'roads', zoom: 4, bbox: [0, 0, 1, 1] });
    const id = expect.any(String) as string;
    expect(worker.received).toEqual([
      { type: 'CACHE_INVALIDATE', layer: 'roads', version: 'b', bbox: [0, 0, 1, 1], id },
      { type: 'TILE_CLEAR', partition: 'user-7', id },
      { type: 'TILE_CLEAR', id },
      { type: 'TILE_USAGE', id },
      { type: 'TILE_STATUS', id },
      { type: 'TILE_VIEWPORT', layer: 'roads', zoom: 4, bbox: [0, 0, 1, 1] },
    ]);
  });

  it('sends its views again while the edge answers with another version', async () => {
    const { browser, tab, client } = await open();
    const worker = browser.registration.active!;
    client.viewport({ layer: 'roads', zoom: 4, bbox: [0, 0, 1, 1] });
    for (const notice of ['versionmismatch', 'opaque']) {
      worker.received = [];
      tab.container.deliver({ type: 'TILE_NOTICE', notice, layer: 'roads', detail: 'v1' });
      const told = worker.received.filter(({ type }) => type === 'TILE_VIEWPORT');
      expect(told).toHaveLength(notice === 'opaque' ? 0 : 1);
    }
  });

  it('switches the network off for all pages, reports it, and stops version checks', async () => {
    const { browser, tab, client, heard } = await open(undefined, { serviceWorker: '/sw.js', versions: { url: '/v' } });
    const worker = browser.registration.active!;
    const checks: unknown[] = [];
    client.on('versioncheck', (outcome) => checks.push(outcome));
    await client.network('off');
    expect(worker.received.at(-1)).toMatchObject({ type: 'TILE_NETWORK', mode: 'off' });
    expect(client.status()).toMatchObject({ network: 'off', offline: true, checks: false });
    await client.check();
    await browser.clock.advance(3_600_000);
    expect(checks).toEqual([]);
    // Another page has switched it on.
    tab.container.deliver({ type: 'TILE_NOTICE', notice: 'network', detail: 'on' });
    await browser.clock.advance(1000);
    expect(client.status()).toMatchObject({ network: 'on', offline: false, checks: true });
    expect(checks).not.toEqual([]);
    expect(heard).toContainEqual(['notice', { notice: 'online' }]);
  });

  it('follows a connection that becomes metered, and then is not, where it uses unmetered ones only', async () => {
    const browser = createFakeBrowser();
    browser.activeWorker();
    const tab = browser.openTab();
    let isMetered = false;
    const connection = new EventTarget();
    Object.assign(tab.env, { connection, metered: () => isMetered });
    const versions = { url: '/v', stream: '/s' };
    const made = createTileCacheClient({ serviceWorker: '/sw.js', versions }, tab.env);
    await browser.clock.advance(3000);
    const client = await made;
    const notices: string[] = [];
    client.on('notice', ({ notice }) => notices.push(notice));
    const becomes = async (metered: boolean) => {
      isMetered = metered;
      connection.dispatchEvent(new Event('change'));
      await browser.clock.advance(2000);
    };
    const open = () => tab.sources.filter(({ readyState }) => readyState !== 2).length;
    await becomes(true);
    expect([open(), client.status().offline]).toEqual([1, false]);
    await client.network('unmetered');
    const online = () => notices.filter((notice) => notice === 'online').length;
    expect([open(), client.status().offline, online()]).toEqual([0, true, 0]);
    await becomes(false);
    expect([open(), client.status().offline, online()]).toEqual([1, false, 1]);
    const asked = browser.requests.length;
    await becomes(false);
    expect([online(), browser.requests.length]).toEqual([1, asked]);
    await becomes(true);
    expect([open(), client.status().offline]).toEqual([0, true]);
    client.close();
    await becomes(false);
    expect(open()).toBe(0);
  });

  it('gives up by signal', async () => {
    const { browser, client } = await open();
    browser.tileWorker.knobs.lose = Infinity;
    const abort = new AbortController();
    const sent = client
      .invalidate({ layer: 'roads' }, { signal: abort.signal })
      .catch((error: { code: string }) => error.code);
    await browser.clock.advance(2000);
    abort.abort();
    expect(await sent).toBe('ABORTED');
  });
});

it('reports its state, with the reason of a failure', async () => {
  const browser = createFakeBrowser();
  const tab = browser.openTab();
  let fail: (error: Error) => void = () => {};
  tab.container.register = () => new Promise((_, reject) => (fail = reject));
  const made = createTileCacheClient({ serviceWorker: '/sw.js' }, tab.env);
  await browser.clock.advance(3000);
  const client = await made;
  const heard: unknown[] = [];
  client.on('statechange', (detail) => heard.push(detail));
  expect(client.state).toBe('pending');
  const error = new Error('bad script');
  fail(error);
  await settle();
  expect(heard).toEqual([{ state: 'unavailable', previous: 'pending', error }]);
  expect(client.error).toBe(error);
});

it('close stops all events, and ends pending requests', async () => {
  const { browser, tab, client, heard } = await open();
  browser.tileWorker.knobs.lose = Infinity;
  const asked = client.usage().catch((error: { code: string }) => error.code);
  await settle();
  client.close();
  expect(await asked).toBe('ABORTED');
  tab.container.deliver({ type: 'TILES_UPDATED', layer: 'roads', tiles: [] });
  tab.container.control(null);
  expect(heard).toEqual([]);
  expect(browser.clock.pending()).toBe(0);
});
