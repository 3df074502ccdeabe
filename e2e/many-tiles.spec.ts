// With many tiles stored, each by the path that every tile takes, nothing takes more steps than with ten.
// TILES=100000 for the long run.
import type { Page } from '@playwright/test';
import { ask, expect, settle, stopWorker, test, tile, workerSource } from './fixtures/test';

const TILES = Number(process.env['TILES'] ?? 10_000);
/** Tiles beside another on the way. */
const ACROSS = 400;
const url = (index: number, layer = 'roads') => `/tiles/${layer}/9/${index % ACROSS}/${Math.floor(index / ACROSS)}.pbf`;

/** Counts what the worker asks of the browser's storage, and makes tiles in place of the origin. */
const lines = `
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
  // A vector tile of one layer: field 3, 196 bytes long.
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
).replace('createTileCache(', `${lines}\n  createTileCache(`);

/** What the worker asked of its storage since the last time. */
const steps = (page: Page) => ask<Record<string, number>>(page, 'steps');

/** Has the page fetch tiles, 64 at once. */
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

/** The steps of one act, those behind its answer included. */
async function during(page: Page, act: () => Promise<unknown>): Promise<Record<string, number>> {
  await settle(page);
  await steps(page);
  await act();
  await settle(page);
  return steps(page);
}

test(`with ${TILES} tiles, hits, rules and purges take the steps that ten tiles take, and eviction keeps the budget`, async ({
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
    const { 'IDBDatabase.transaction': behind = 0, ...rest } = await during(page, one);
    expect(rest).toEqual({ 'Cache.match': 1, asked: 0 });
    // When it was used last is noted behind the answer, sooner or later.
    expect(behind).toBeLessThanOrEqual(1);
  }

  await stopWorker(page);
  await hit(TILES / 2);
  const first = await steps(page);
  // One read of the ledger, one of the tile.
  expect(first).toMatchObject({ 'Cache.match': 1, 'IDBDatabase.transaction': 1, asked: 0 });
  expect(first).not.toHaveProperty(['Cache.keys']);

  for (const rule of [{ bbox: [-10, 40, 10, 50] }, { zooms: [3, 20], mode: 'stale' }]) {
    const order = (layer: string) =>
      ask(page, { type: 'CACHE_INVALIDATE', layer, id: JSON.stringify([layer, rule]), ...rule });
    const [ten, all] = [await during(page, () => order('poi')), await during(page, () => order('roads'))];
    // The rule, whether the box reaches anything, and what the index writes behind: never more with more tiles.
    for (const { 'IDBDatabase.transaction': transactions, ...rest } of [ten, all]) {
      expect(rest).toEqual({ asked: 0 });
      expect(transactions).toBeLessThanOrEqual(3);
    }
  }

  await fill(page, TILES, TILES + 500);
  await settle(page);
  expect((await usage(page))['roads']!.tiles).toBeLessThanOrEqual(TILES);

  // The rows of the index go behind the ack, in slices.
  const whole = async (layer: string) => {
    const { 'IDBDatabase.transaction': _, ...rest } = await during(page, () =>
      ask(page, { type: 'CACHE_INVALIDATE', layer, id: layer }),
    );
    return rest;
  };
  expect(await whole('roads')).toEqual(await whole('poi'));
  expect((await tile(page, url(TILES + 1))).headers['cache-status']).toContain('fwd=uri-miss');
});
