// After a publication that lists tiles, a browser requests these tiles and no others.
import type { Page } from '@playwright/test';
import { createTileList } from '../server/tiles/encode-tiles';
import { ask, expect, settle, stopWorker, test, workerSource } from './fixtures/test';

const TILES = 500;
const ACROSS = 40;
const place = (index: number) => ({ z: 14, x: 8000 + (index % ACROSS), y: 5000 + Math.floor(index / ACROSS) });

/** Worker code that creates tiles in place of the origin, and records the requests that would reach it. */
const instrumentation = `
  let asked = [];
  let current = 'v1';
  // A vector tile with one layer, in field 3, of 196 bytes.
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
).replace('createTileCache(', `${instrumentation}\n  createTileCache(`);

/** Fetches all tiles in the page, 32 at a time. */
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

/** Returns the requests since the last call. `current`: the version of the origin from now on. */
const requestsSince = (page: Page, current?: string) =>
  ask<{ asked: string[] }>(page, { type: 'asked', ...(current && { current }) });

test('37 changed tiles cause 37 requests, and the others none, even after a restart of the worker', async ({
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
  expect((await requestsSince(page, 'v2')).asked).toHaveLength(TILES);

  const list = createTileList();
  const changed = Array.from({ length: 37 }, (_, i) => place(i < 20 ? i : i * 13));
  for (const tile of changed) list.add(tile);
  const around = { bbox: [-5, 50, 5, 60], zooms: [14, 14] };
  expect(await announce('v2', 2, [{ from: 'v1', ...around, tiles: list.pack() }])).toMatchObject({ ok: true });
  await settle(page);
  await requestsSince(page);

  await fetchAll(page);
  await settle(page);
  const paths = changed.map(({ z, x, y }) => `/tiles/roads/${z}/${x}/${y}.pbf`);
  expect((await requestsSince(page)).asked.sort()).toEqual(paths.sort());

  await stopWorker(page);
  await requestsSince(page, 'v2');
  await fetchAll(page);
  await settle(page);
  expect((await requestsSince(page)).asked).toEqual([]);
});
