// Tiles of different users are kept apart, and the number of concurrent requests is limited.
import type { Page } from '@playwright/test';
import {
  command,
  expect,
  gate,
  layerStatus,
  messagesOf,
  originLayer,
  post,
  settle,
  stopWorker,
  test,
  tile,
  tiles,
  tilesOf,
  versionEndpoint,
  check,
  workerSource,
} from './fixtures/client-page';
import { png } from './server/tiles';

test.describe.configure({ timeout: 120_000 });

const worker = workerSource(`{ layers: {
  mine: { maxAge: 3600, staleIfError: Infinity, partition: (request) => request.headers.get('x-user') ?? undefined },
  everyone: { maxAge: 3600, staleIfError: Infinity },
  few: { maxAge: 3600, staleIfError: Infinity, concurrency: 3 },
  flow: { maxAge: 3600, staleIfError: Infinity, concurrency: 4, freshness: 'version', versionPolicy: 'serve-stale' },
} }`);

const path = '/tiles/mine/1/0/0.png';
const as = (page: Page, user: string, url = path) => tile(page, url, { headers: { 'x-user': user } });

/** Programs the origin: each user gets a different tile, which shared caches must not store. */
function tilesOfUsers(
  server: { on: any; requests: any },
  paths: readonly string[] = [path],
  extra: () => object = () => ({}),
): void {
  for (const one of paths) {
    server.on(one, ({ headers }: { headers: Record<string, string> }) => ({
      body: png(`of ${headers['x-user'] ?? 'nobody'}`),
      cc: 'private, max-age=3600',
      ...extra(),
    }));
  }
}

/** Returns everything in Cache Storage as text: names, keys, headers and bodies. */
const stored = (page: Page): Promise<string[]> =>
  page.evaluate(async () => {
    const found: string[] = [];
    for (const name of await caches.keys()) {
      found.push(name);
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        const response = (await cache.match(request, { ignoreVary: true }))!;
        found.push([name, request.url, JSON.stringify([...response.headers]), await response.text()].join('\n'));
      }
    }
    return found;
  });

/** Returns everything in the origin's databases as text. */
const databases = (page: Page): Promise<string> =>
  page.evaluate(async () => {
    const done = <T>(request: IDBRequest<T>) =>
      new Promise<T>(
        (resolve, reject) => (
          (request.onsuccess = () => resolve(request.result)),
          (request.onerror = () => reject(request.error))
        ),
      );
    const all: unknown[] = [];
    for (const { name } of await indexedDB.databases()) {
      const database = await done(indexedDB.open(name!));
      for (const store of database.objectStoreNames) {
        const source = database.transaction(store).objectStore(store);
        all.push(name, store, await done(source.getAllKeys()), await done(source.getAll()));
      }
      database.close();
    }
    return JSON.stringify(all);
  });

test.describe('partitions', () => {
  test('two users of one browser get their own tiles for the same URL', async ({ server, openTab }) => {
    tilesOfUsers(server);
    const page = await openTab({ worker });
    for (let round = 0; round < 2; round += 1) {
      for (const user of ['ada', 'bob']) {
        expect((await as(page, user)).label).toBe(`of ${user}`);
        await settle(page);
      }
    }
    expect(server.requests(path)).toHaveLength(2);
    await stopWorker(page);
    expect((await as(page, 'ada')).label).toBe('of ada');
    expect((await as(page, 'bob')).label).toBe('of bob');
    expect((await tile(page, path)).label).toBe('of nobody');
  });

  test('the name of a partition is nowhere stored in plain text', async ({ server, openTab }) => {
    tilesOfUsers(server);
    const page = await openTab({ worker });
    await as(page, 'ada.lovelace@example.org');
    await settle(page);
    await command(page, 'clear', { partition: 'bob.babbage@example.org' });
    const everything = [...(await stored(page)), await databases(page)]
      .join('\n')
      .replaceAll('label\0of ada.lovelace@example.org', '');
    expect(everything).not.toContain('lovelace');
    expect(everything).not.toContain('babbage');
  });

  test('a logout works offline, and removes all tiles of this user and no others', async ({
    server,
    openTab,
    context,
  }) => {
    const paths = tilesOf('mine', 2);
    tilesOfUsers(server, paths);
    originLayer(server, tilesOf('everyone', 1), 'v1');
    const page = await openTab({ worker });
    for (const user of ['ada', 'bob']) await Promise.all(paths.map((one) => as(page, user, one)));
    await tiles(page, tilesOf('everyone', 1));
    await settle(page);
    expect((await stored(page)).filter((entry) => entry.includes('of ada'))).toHaveLength(16);

    await context.setOffline(true);
    expect(await command(page, 'clear', { partition: 'ada' })).toMatchObject({ ok: true });
    const left = await stored(page);
    expect(left.filter((entry) => entry.includes('of ada'))).toEqual([]);
    expect(left.filter((entry) => entry.includes('of bob'))).toHaveLength(16);
    expect((await as(page, 'ada', paths[3])).status).toBe(504);
    expect((await as(page, 'bob', paths[3])).label).toBe('of bob');
    expect((await tile(page, '/tiles/everyone/1/0/0.png')).status).toBe(200);
    // The ledger remembers the logout after a restart of the worker.
    await stopWorker(page);
    expect((await as(page, 'ada', paths[3])).status).toBe(504);
    await context.setOffline(false);
    expect((await as(page, 'ada', paths[3])).label).toBe('of ada');
  });

  test('a logout removes the user’s tiles from the index as well', async ({ server, openTab }) => {
    tilesOfUsers(server);
    const page = await openTab({ worker });
    await as(page, 'ada');
    await settle(page);
    await expect.poll(async () => ((await command(page, 'usage')) as any).result.layers.mine?.tiles).toBe(1);
    expect(await databases(page)).toContain('/__stc/@mine/');
    await command(page, 'clear', { partition: 'ada' });
    await settle(page);
    expect(((await command(page, 'usage')) as any).result.layers.mine?.tiles ?? 0).toBe(0);
    expect(await databases(page)).not.toContain('/__stc/@mine/');
  });

  test('a request in flight at the logout stores nothing', async ({ server, openTab }) => {
    const { opened, open } = gate();
    const paths = tilesOf('mine', 1);
    let held: object = { gate: opened };
    tilesOfUsers(server, paths, () => held);
    const page = await openTab({ worker });
    const early = Promise.all(paths.map((one) => as(page, 'ada', one)));
    await expect.poll(() => paths.filter((one) => server.requests(one).length > 0).length).toBe(4);
    expect(await command(page, 'clear', { partition: 'ada' })).toMatchObject({ ok: true });
    // The session is over, so the origin refuses the user.
    held = { status: 403, body: '{"label":"who are you"}', cc: 'no-store' };
    open();
    expect([...new Set((await early).map(({ label }) => label))]).toEqual(['who are you']);
    await settle(page);
    expect((await stored(page)).filter((entry) => entry.includes('of ada'))).toEqual([]);
    expect((await as(page, 'ada')).status).toBe(403);
  });

  test('clear() removes one layer, or everything', async ({ server, openTab }) => {
    tilesOfUsers(server);
    originLayer(server, tilesOf('everyone', 1), 'v1');
    const page = await openTab({ worker });
    await as(page, 'ada');
    await tiles(page, tilesOf('everyone', 1));
    await settle(page);
    const of = async (text: string) => (await stored(page)).filter((entry) => entry.includes(text));
    expect(await of('/__stc/@everyone/')).toHaveLength(4);
    await command(page, 'clear', { layer: 'everyone' });
    expect(await of('/__stc/@everyone/')).toEqual([]);
    expect(await of('of ada')).toHaveLength(1);
    await command(page, 'clear');
    expect(await of('/__stc/@')).toEqual([]);
  });
});

test.describe('many requests at once', () => {
  test('concurrency limits the requests in flight, also after a purge', async ({ server, openTab }) => {
    const paths = tilesOf('few', 3);
    const few = originLayer(server, paths, 'v1');
    // Delay each answer, so that the requests overlap.
    let atOnce = 0;
    let most = 0;
    few.exchange = async () => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      await new Promise((resolve) => setImmediate(() => setTimeout(resolve, 20)));
      atOnce -= 1;
      return {};
    };
    const page = await openTab({ worker });
    await tiles(page, paths);
    expect(most).toBe(3);
    await settle(page);
    await command(page, 'invalidate', { layer: 'few' });
    most = 0;
    const seen = await tiles(page, paths);
    expect(seen.every(({ status }) => status === 200)).toBe(true);
    expect(most).toBe(3);
  });

  test('background validation after a version switch leaves slots for tiles that a map waits for', async ({
    server,
    openTab,
  }) => {
    const paths = tilesOf('flow', 3);
    const flow = originLayer(server, paths, 'v1');
    const endpoint = versionEndpoint(server, { layers: { flow: { version: 'v1' } } });
    const page = await openTab({ worker, versions: true });
    await check(page);
    await tiles(page, paths);
    await settle(page);
    const { opened, open } = gate();
    flow.mostInFlight = 0;
    flow.version = 'v2';
    flow.exchange = { gate: opened };
    endpoint.manifest = { layers: { flow: { version: 'v2' } } };
    await check(page);
    // The worker answers with 64 old tiles, whose validations occupy only half of the slots.
    expect([...new Set((await tiles(page, paths)).map(({ label }) => label))]).toEqual(['v1']);
    await expect.poll(() => flow.inFlight).toBe(2);
    const fresh = '/tiles/flow/5/0/0.png';
    originLayer(server, [fresh], 'v2');
    expect((await tile(page, fresh)).status).toBe(200);
    expect(flow.mostInFlight).toBe(2);
    open();
    flow.exchange = {};
    await expect.poll(async () => [...new Set((await tiles(page, paths)).map(({ label }) => label))]).toEqual(['v2']);
    expect(flow.mostInFlight).toBeLessThanOrEqual(4);
    const updated = (await messagesOf(page, 'TILES_UPDATED')).flatMap((message) => message.tiles);
    expect(updated.length).toBeGreaterThan(0);
  });

  test('tiles in the view come first if the page has reported the view', async ({ server, openTab }) => {
    const paths = tilesOf('few', 3);
    const { opened, open } = gate();
    const order: string[] = [];
    const few = originLayer(server, paths, 'v1');
    few.exchange = (one) => {
      order.push(one);
      return { gate: opened };
    };
    const page = await openTab({ worker });
    // The view shows tile 3/7/7, in the south-east corner, which the page requests last.
    await post(page, { type: 'TILE_VIEWPORT', layer: 'few', zoom: 3, bbox: [150, -84, 170, -80] });
    expect(await layerStatus(page, 'few')).toBeUndefined();
    const answers = tiles(page, paths);
    await expect.poll(() => order.length).toBe(3);
    // When this tile is answered, all earlier requests have reached the worker.
    await tile(page, '/tiles/everyone/1/0/0.png');
    open();
    await answers;
    // In order of arrival, it would be the last of 64.
    expect(order.indexOf('/tiles/few/3/7/7.png')).toBeLessThan(16);
  });
});
