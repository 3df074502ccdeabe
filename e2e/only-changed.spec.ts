// A publication that names tiles costs a browser those tiles, and no request for any other.
import type { Page } from '@playwright/test';
import { createTileList } from '../server/tiles/encode-tiles';
import { ask, expect, settle, stopWorker, test, workerSource } from './fixtures/test';

const TILES = 500;
const ACROSS = 40;
const place = (index: number) => ({ z: 14, x: 8000 + (index % ACROSS), y: 5000 + Math.floor(index / ACROSS) });

/** Makes tiles in place of the origin and counts the requests that would reach it. */
const lines = `
  let asked = [];
  let current = 'v1';
  // A vector tile of one layer: field 3, 196 bytes long.
  const bytes = Uint8Array.from([0x1a, 0xc4, 0x01, ...new Array(196).fill(0x20)]);
  const makeTile = async ({ url }) => {
    asked.push(new URL(url).pathname);
    return new Response(bytes, {
      headers: {
        'content-type': 'application/octet-stream',
        'cache-control': 'max-age=86400',
        'x-tile-version': current,
        etag: '"' + current + '"',
      },
    });
  };
  self.addEventListener('message', (event) => {
    if (event.data.type !== 'asked') return;
    event.ports[0].postMessage({ asked });
    asked = [];
    current = event.data.current ?? current;
    event.stopImmediatePropagation();
  });
`;
const worker = workerSource(
  `{ fetch: makeTile, memoryBytes: 0, layers: { roads: { freshness: 'version', maxAge: 86400, maxEntries: 5000 } } }`,
).replace('createTileCache(', `${lines}\n  createTileCache(`);

/** Has the page fetch all tiles, 32 at once. */
const fetchAll = (page: Page) =>
  page.evaluate(
    async ({ tiles, across }) => {
      let next = 0;
      const one = async () => {
        while (next < tiles) {
          const index = next++;
          const answer = await fetch(
            `/tiles/roads/14/${8000 + (index % across)}/${5000 + Math.floor(index / across)}.pbf`,
          );
          await answer.arrayBuffer();
        }
      };
      await Promise.all(Array.from({ length: 32 }, one));
    },
    { tiles: TILES, across: ACROSS },
  );

const since = (page: Page, current?: string) =>
  ask<{ asked: string[] }>(page, { type: 'asked', ...(current && { current }) });

test('37 tiles that changed cost 37 requests, and the others none, after a restart of the worker too', async ({
  controlled,
}) => {
  test.setTimeout(120_000);
  const page = await controlled(worker);
  const announce = (version: string, revision: number, changes: object[] = []) =>
    ask<{ ok: boolean }>(page, {
      type: 'TILE_VERSIONS',
      id: version,
      manifest: { layers: { roads: { version, revision, changes } } },
      confirmedAt: Date.now(),
    });
  expect(await announce('v1', 1)).toMatchObject({ ok: true });
  await fetchAll(page);
  await settle(page);
  expect((await since(page, 'v2')).asked).toHaveLength(TILES);

  const list = createTileList();
  const changed = Array.from({ length: 37 }, (_, i) => place(i < 20 ? i : i * 13));
  for (const tile of changed) list.add(tile);
  const around = { bbox: [-5, 50, 5, 60], zooms: [14, 14] };
  expect(await announce('v2', 2, [{ from: 'v1', ...around, tiles: list.pack() }])).toMatchObject({ ok: true });
  await settle(page);
  await since(page);

  await fetchAll(page);
  await settle(page);
  const paths = changed.map(({ z, x, y }) => `/tiles/roads/${z}/${x}/${y}.pbf`);
  expect((await since(page)).asked.sort()).toEqual(paths.sort());

  await stopWorker(page);
  await since(page, 'v2');
  await fetchAll(page);
  await settle(page);
  expect((await since(page)).asked).toEqual([]);
});
