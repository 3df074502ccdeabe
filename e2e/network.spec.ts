// What a page waits for, and for how long, while the network hangs or is slow.
import type { Page } from '@playwright/test';
import { hear, heard } from './fixtures/heard';
import { expect, settle, setClock, test, tile, workerSource } from './fixtures/test';

const url = (x: number) => `/tiles/roads/6/${x}/0.png`;
const all = Array.from({ length: 60 }, (_, x) => url(x));

/** Fetches all at once. Resolves with each response and the milliseconds that it took. */
const fetchAll = (page: Page, urls: readonly string[]) =>
  page.evaluate(async (urls) => {
    const start = performance.now();
    return Promise.all(
      urls.map(async (url) => {
        const response = await fetch(url);
        const { byteLength } = await response.arrayBuffer();
        const ms = performance.now() - start;
        return { status: response.status, cacheStatus: response.headers.get('cache-status') ?? '', byteLength, ms };
      }),
    );
  }, urls);

const updatedTiles = async (page: Page) =>
  (await heard(page))
    .filter(({ type }) => type === 'TILES_UPDATED')
    .reduce((count, { tiles }) => count + (tiles?.length ?? 0), 0);

for (const hang of ['head', 'body'] as const) {
  test(`sixty stale tiles are answered within patience while the origin hangs in the ${hang}, and are renewed when it answers`, async ({
    server,
    controlled,
  }) => {
    const page = await controlled(workerSource(`{ layers: { roads: { staleIfError: 86400 } } }`));
    for (const one of all) server.on(one, { cc: 'max-age=60' });
    await fetchAll(page, all);
    await settle(page);
    await hear(page);
    let hangs = true;
    for (const one of all) server.on(one, () => (hangs ? { hang } : { cc: 'max-age=60' }));
    server.clock += 3_600_000;
    await setClock(page, server);
    const answers = await fetchAll(page, all);
    expect(answers.filter(({ status, byteLength }) => status === 200 && byteLength > 0)).toHaveLength(60);
    for (const { cacheStatus } of answers) expect(cacheStatus).toContain('fwd=stale; detail=patience');
    // All tiles share one second of patience. The limit allows for a busy machine; without sharing it takes twenty seconds.
    expect(Math.max(...answers.map(({ ms }) => ms))).toBeLessThan(6000);
    expect(Math.min(...answers.map(({ ms }) => ms))).toBeGreaterThan(900);
    // Later requests do not wait at all: with patience, each of them would take a second.
    const next = await fetchAll(page, all.slice(0, 5));
    expect(Math.min(...next.map(({ ms }) => ms))).toBeLessThan(900);
    hangs = false;
    await expect.poll(() => updatedTiles(page), { timeout: 30_000 }).toBeGreaterThan(50);
    expect((await tile(page, url(40))).headers['cache-status']).toContain('hit; ttl=');
  });
}

test('waits for a slow origin, with at most `concurrency` requests at a time', async ({ server, controlled }) => {
  const page = await controlled(workerSource(`{ layers: { roads: { concurrency: 4 } } }`));
  let [open, most] = [0, 0];
  const some = all.slice(0, 24);
  for (const one of some)
    server.on(one, async () => {
      most = Math.max(most, (open += 1));
      await new Promise((resolve) => setTimeout(resolve, 300));
      open -= 1;
      return {};
    });
  const answers = await fetchAll(page, some);
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(24);
  expect(most).toBe(4);
});

test('a timeout frees one slot, and one slow tile does not count as "offline"', async ({ server, controlled }) => {
  const page = await controlled(
    workerSource(`{ layers: { roads: { concurrency: 2, timeout: 1, staleIfError: 86400 } } }`),
  );
  await hear(page);
  let [open, most] = [0, 0];
  for (const one of all.slice(0, 5))
    server.on(one, async (request) => {
      most = Math.max(most, (open += 1));
      await new Promise((resolve) => setTimeout(resolve, request.path === url(0) ? 1500 : 100));
      open -= 1;
      return {};
    });
  const answers = await fetchAll(page, all.slice(0, 5));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 504]);
  // One more than `concurrency`: the worker has given up the slow request, but the server is still busy with it.
  expect(most).toBeLessThanOrEqual(3);
  expect((await heard(page)).filter(({ notice }) => notice === 'offline')).toEqual([]);
});

test.describe('a drag of the map', () => {
  /**
   * Drags the map in nine steps of six tiles, and gives up the tiles of each step at the next one. Then requests the twelve
   * tiles of the last view, and returns the milliseconds that they take. `tell`: posts each view to the worker.
   */
  const drag = (page: Page, row: number, tell: boolean) =>
    page.evaluate(
      async ([row, tell]) => {
        const longitude = (x: number) => (x / 2 ** 10) * 360 - 180;
        const ask = (x: number, signal: AbortSignal | null) =>
          fetch(`/tiles/roads/10/${x}/${row}.png`, { signal }).then((response) => response.arrayBuffer());
        const look = (x: number, columns: number) => {
          if (!tell) return;
          const bbox = [longitude(x) + 0.01, 0.01, longitude(x + columns) - 0.01, 0.3];
          const view = { type: 'TILE_VIEWPORT', layer: 'roads', zoom: 10, bbox };
          navigator.serviceWorker.controller!.postMessage(view);
        };
        let left = new AbortController();
        for (let step = 0; step < 9; step += 1) {
          left.abort();
          left = new AbortController();
          look(step * 20, 6);
          for (let i = 0; i < 6; i += 1) ask(step * 20 + i, left.signal).catch(() => {});
          await new Promise((resolve) => setTimeout(resolve, 60));
        }
        left.abort();
        look(500, 12);
        const start = performance.now();
        await Promise.all(Array.from({ length: 12 }, (_, i) => ask(500 + i, null)));
        return performance.now() - start;
      },
      [row, tell] as const,
    );

  test('delays the last view hardly longer than without a worker', async ({ server, browser, controlled }) => {
    const rows = [509, 510, 511];
    for (const row of rows)
      for (let x = 0; x < 520; x += 1) server.on(`/tiles/roads/10/${x}/${row}.png`, { delay: 600 });
    const context = await browser.newContext();
    const plain = await context.newPage();
    await plain.goto(`${server.url}/`);
    const without = await drag(plain, 509, false);
    await context.close();

    const page = await controlled(workerSource(`{ layers: { roads: {} } }`));
    const untold = await drag(page, 510, false);
    const told = await drag(page, 511, true);
    // Without a worker, the view takes two rounds of six connections. Under a worker that does not know the view, it waits
    // for one more round, which is under way; a view that an adapter reports cancels that round as well. The margins are for
    // a busy machine. In order of arrival, the view would take eleven rounds.
    expect(untold / without).toBeLessThan(2);
    expect(told / without).toBeLessThan(1.5);
    // The worker sends the newest requests first, even if the engine does not report aborts: they do not wait for all of
    // the 54 tiles of the drag, and at most one round of these comes between them.
    const asked = server.requests().filter(({ path }) => path.endsWith('/510.png'));
    const columns = asked.map(({ path }) => Number(path.split('/')[4]));
    const begin = columns.findIndex((x) => x >= 500);
    expect(begin).toBeLessThan(40);
    expect(columns.slice(begin, begin + 12).filter((x) => x < 500).length).toBeLessThan(6);
  });
});

test.describe('a flood of ten thousand messages', () => {
  const bbox = [0, 0, 1, 1];
  const kinds: Record<string, (i: number) => Record<string, unknown>> = {
    purges: (i) => ({ type: 'CACHE_INVALIDATE', layer: 'roads', id: `id${i}` }),
    versions: (i) => ({ type: 'TILE_VERSIONS', id: `id${i}`, manifest: { version: `v${i}` }, confirmedAt: Date.now() }),
    // Views of another layer, because a view makes the worker drop tiles that it does not contain.
    views: (i) => ({ type: 'TILE_VIEWPORT', layer: 'ponds', zoom: i % 20, bbox }),
    'questions for usage': (i) => ({ type: 'TILE_USAGE', id: `id${i}` }),
    nonsense: (i) => ({ type: 'CACHE_INVALIDATE', layer: i, bbox: 'x'.repeat(100) }),
    // Keep this one last: after it, each version concerns thousands of layers.
    'purges of as many layers': (i) => ({ type: 'CACHE_INVALIDATE', layer: `layer${i}` }),
  };
  test('delays a tile only a little', async ({ controlled }) => {
    test.setTimeout(240_000);
    const page = await controlled(workerSource(`{ layers: (name) => ({ maxAge: 600 }) }`));
    const timed = (path: string) =>
      page.evaluate(async (path) => {
        const start = performance.now();
        const { status } = await fetch(path);
        return { status, ms: performance.now() - start };
      }, path);
    await timed('/tiles/rivers/3/1/1.png');
    await settle(page);
    const slowest = async (message: (i: number) => Record<string, unknown>, kind: string) => {
      const messages = Array.from({ length: 10_000 }, (_, i) => message(i));
      await page.evaluate((messages) => {
        for (const message of messages) navigator.serviceWorker.controller!.postMessage(message);
      }, messages);
      const [stored, roads] = await Promise.all([timed('/tiles/rivers/3/1/1.png'), timed('/tiles/roads/3/1/1.png')]);
      expect([stored.status, roads.status], kind).toEqual([200, 200]);
      await settle(page);
      return Math.max(stored.ms, roads.ms);
    };
    // Measure how long the browser itself takes to deliver as many foreign messages on this machine. The margin allows for
    // a second browser beside it. Without turns for tiles, a tile takes more than 8 s.
    const foreign = await slowest((i) => ({ hello: i }), 'foreign messages');
    for (const [kind, message] of Object.entries(kinds))
      expect(await slowest(message, kind), kind).toBeLessThan(3000 + 5 * foreign);
  });
});
