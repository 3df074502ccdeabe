// Networks that hang, trickle and are slow: what a page waits for, and what it does not.
import type { Page } from '@playwright/test';
import { expect, settle, setClock, test, tile, workerSource } from './fixtures/test';

const url = (x: number) => `/tiles/roads/6/${x}/0.png`;
const all = Array.from({ length: 60 }, (_, x) => url(x));

/** Fetches all at once; when each was there, and what it said. */
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

/** What the worker tells the page from now on. */
const listen = (page: Page) =>
  page.evaluate(() => {
    const told: unknown[] = [];
    Object.assign(window, { told });
    navigator.serviceWorker.addEventListener('message', ({ data }) => told.push(data));
  });
const updatedTiles = (page: Page) =>
  page.evaluate(() =>
    (window as unknown as { told: Array<{ type: string; tiles?: unknown[] }> }).told
      .filter(({ type }) => type === 'TILES_UPDATED')
      .reduce((count, { tiles }) => count + (tiles?.length ?? 0), 0),
  );

for (const hang of ['head', 'body'] as const) {
  test(`sixty stored tiles are there within patience of an origin that hangs in the ${hang}, and come anew when it answers`, async ({
    server,
    controlled,
  }) => {
    const page = await controlled(workerSource(`{ layers: { roads: { staleIfError: 86400 } } }`));
    for (const one of all) server.on(one, { cc: 'max-age=60' });
    await fetchAll(page, all);
    await settle(page);
    await listen(page);
    let hangs = true;
    for (const one of all) server.on(one, () => (hangs ? { hang } : { cc: 'max-age=60' }));
    server.clock += 3_600_000;
    await setClock(page, server);
    const answers = await fetchAll(page, all);
    expect(answers.filter(({ status, byteLength }) => status === 200 && byteLength > 0)).toHaveLength(60);
    for (const { cacheStatus } of answers) expect(cacheStatus).toContain('fwd=stale; detail=patience');
    // One second of patience for all of them together, and what a busy machine adds; it was twenty.
    expect(Math.max(...answers.map(({ ms }) => ms))).toBeLessThan(3000);
    expect(Math.min(...answers.map(({ ms }) => ms))).toBeGreaterThan(900);
    // The next ones do not wait at all.
    const next = await fetchAll(page, all.slice(0, 5));
    expect(Math.max(...next.map(({ ms }) => ms))).toBeLessThan(900);
    hangs = false;
    await expect.poll(() => updatedTiles(page), { timeout: 30_000 }).toBeGreaterThan(50);
    expect((await tile(page, url(40))).headers['cache-status']).toContain('hit; ttl=');
  });
}

test('a slow origin is waited for, four at a time, as long as the browser would', async ({ server, controlled }) => {
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

test('a time-out frees one place, and one slow tile is not "offline"', async ({ server, controlled }) => {
  const page = await controlled(
    workerSource(`{ layers: { roads: { concurrency: 2, timeout: 1, staleIfError: 86400 } } }`),
  );
  await listen(page);
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
  // The browser has let go of the one that timed out; the server has not yet.
  expect(most).toBeLessThanOrEqual(3);
  const notices = await page.evaluate(() =>
    (window as unknown as { told: Array<{ notice?: string }> }).told.filter(({ notice }) => notice === 'offline'),
  );
  expect(notices).toEqual([]);
});
