// With many tiles stored, no operation takes more steps than with ten. Each tile is stored through a request of a page.
// For a long run: TILES=100000.
import type { Page } from '@playwright/test';
import { ask, expect, settle, stopWorker, test, tile, workerSource } from './fixtures/test';

const TILES = Number(process.env['TILES'] ?? 10_000);
/** Number of columns of the grid of tiles. */
const ACROSS = 400;
const url = (index: number, layer = 'roads') => `/tiles/${layer}/9/${index % ACROSS}/${Math.floor(index / ACROSS)}.pbf`;

/** Worker code that counts calls of the browser's storage, and creates tiles in place of the origin. */
const instrumentation = `
  const steps = {};
  const counted = (prototype, methods) => {
    for (const method of methods) {
      const own = prototype[method];
      prototype[method] = function (...given) {
        const step = prototype.constructor.name + '.' + method;
        steps[step] = (steps[step] ?? 0) + 1;
        return own.apply(this, given);
      };
    }
  };
  counted(Cache.prototype, ['keys', 'match', 'matchAll', 'put', 'delete']);
  counted(CacheStorage.prototype, ['keys', 'delete']);
  counted(IDBDatabase.prototype, ['transaction']);
  let asked = 0;
  // A vector tile with one layer, in field 3, of 196 bytes.
  const bytes = Uint8Array.from([0x1a, 0xc4, 0x01, ...new Array(196).fill(0x20)]);
  const makeTile = async () => {
    asked += 1;
    return new Response(bytes, { headers: { 'content-type': 'application/octet-stream', 'cache-control': 'max-age=86400' } });
  };
  self.addEventListener('message', (event) => {
    if (event.data !== 'steps') return;
    event.ports[0].postMessage({ ...steps, asked });
    for (const step of Object.keys(steps)) delete steps[step];
    asked = 0;
    event.stopImmediatePropagation();
  });
`;
const worker = workerSource(
  `{ fetch: makeTile, memoryBytes: 0, layers: { roads: { maxEntries: ${TILES} }, poi: {} } }`,
).replace('createTileCache(', `${instrumentation}\n  createTileCache(`);

/** Returns how often the worker has called each method of the storage since the last call of `steps`. */
const steps = (page: Page) => ask<Record<string, number>>(page, 'steps');

/** Fetches tiles in the page, 64 at a time. */
const fill = (page: Page, from: number, to: number, layer?: string) =>
  page.evaluate(
    async ({ from, to, across, layer }) => {
      let next = from;
      const one = async () => {
        while (next < to) {
          const index = next++;
          const answer = await fetch(`/tiles/${layer}/9/${index % across}/${Math.floor(index / across)}.pbf`);
          await answer.arrayBuffer();
        }
      };
      await Promise.all(Array.from({ length: 64 }, one));
    },
    { from, to, across: ACROSS, layer: layer ?? 'roads' },
  );

const usage = async (page: Page) =>
  (await ask<{ result: { layers: Record<string, { tiles: number }> } }>(page, { type: 'TILE_USAGE' })).result.layers;

/** Returns the steps that an action takes, including those after its answer. */
async function during(page: Page, act: () => Promise<unknown>): Promise<Record<string, number>> {
  await settle(page);
  await steps(page);
  await act();
  await settle(page);
  return steps(page);
}

test(`with ${TILES} tiles, hits and invalidations take no more steps than with ten, and eviction keeps the budget`, async ({
  controlled,
}) => {
  test.setTimeout(60_000 + TILES * 15);
  const page = await controlled(worker);
  await fill(page, 0, 10, 'poi');
  await fill(page, 0, TILES);
  await settle(page);
  expect(await usage(page)).toMatchObject({ poi: { tiles: 10 }, roads: { tiles: TILES } });

  const hit = async (index: number, layer?: string) =>
    expect((await tile(page, url(index, layer))).headers['cache-status']).toContain('hit');
  for (const one of [() => hit(5, 'poi'), () => hit(TILES / 2)]) {
    const { 'IDBDatabase.transaction': indexWrites = 0, ...rest } = await during(page, one);
    expect(rest).toEqual({ 'Cache.match': 1, asked: 0 });
    // The index notes the tile's last use after the answer, in batches.
    expect(indexWrites).toBeLessThanOrEqual(1);
  }

  await stopWorker(page);
  await hit(TILES / 2);
  const first = await steps(page);
  // A restarted worker reads the ledger once and the tile once.
  expect(first).toMatchObject({ 'Cache.match': 1, 'IDBDatabase.transaction': 1, asked: 0 });
  expect(first).not.toHaveProperty(['Cache.keys']);

  for (const rule of [{ bbox: [-10, 40, 10, 50] }, { zooms: [3, 20], mode: 'stale' }]) {
    const order = (layer: string) =>
      ask(page, { type: 'CACHE_INVALIDATE', layer, id: JSON.stringify([layer, rule]), ...rule });
    const [ten, all] = [await during(page, () => order('poi')), await during(page, () => order('roads'))];
    // One transaction writes the rule, one checks whether the box contains tiles, and one may write the index.
    for (const { 'IDBDatabase.transaction': transactions, ...rest } of [ten, all]) {
      expect(rest).toEqual({ asked: 0 });
      expect(transactions).toBeLessThanOrEqual(3);
    }
  }

  await fill(page, TILES, TILES + 500);
  await settle(page);
  expect((await usage(page))['roads']!.tiles).toBeLessThanOrEqual(TILES);

  // Do not compare transactions: the index deletes its rows after the ack, in slices.
  const whole = async (layer: string) => {
    const { 'IDBDatabase.transaction': _, ...rest } = await during(page, () =>
      ask(page, { type: 'CACHE_INVALIDATE', layer, id: layer }),
    );
    return rest;
  };
  expect(await whole('roads')).toEqual(await whole('poi'));
  expect((await tile(page, url(TILES + 1))).headers['cache-status']).toContain('fwd=uri-miss');
});
