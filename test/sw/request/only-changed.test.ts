import { describe, expect, it } from 'vitest';
import { createTileList } from '../../../server/tiles/encode-tiles';
import type { TileId } from '../../../src/shared/tile';
import type { TileCacheOptions } from '../../../sw/options';
import { seeded } from '../fakes/seeded';
import { createWorld } from '../fakes/world';

const STORED = 300;
const ACROSS = 40;
const tileAt = (index: number): TileId => ({ z: 14, x: 8000 + (index % ACROSS), y: 5000 + Math.floor(index / ACROSS) });
const url = ({ z, x, y }: TileId) => `/tiles/roads/${z}/${x}/${y}.pbf`;
const pack = (...tiles: TileId[]) => {
  const list = createTileList();
  for (const tile of tiles) list.add(tile);
  return list.pack();
};
/** 37 tiles, some adjacent and some scattered. */
const CHANGED = Array.from({ length: 37 }, (_, i) => tileAt(i < 20 ? i : i * 8));

function setUp(options: TileCacheOptions, labelled = true) {
  const world = createWorld();
  let current = 'v1';
  world.answer = () =>
    // A vector tile with one layer, in field 3, with its length.
    new Response(`\u001a\u000atile of ${current.padStart(2)}`.slice(0, 12), {
      headers: {
        'content-type': 'application/octet-stream',
        'cache-control': 'max-age=86400',
        ...(labelled && { 'x-tile-version': current }),
      },
    });
  const start = () => world.start(options);
  let cache = start();
  const announce = async (version: string, revision: number, changes: object[]) => {
    current = version;
    const acks: unknown[] = [];
    await cache.message(
      {
        type: 'TILE_VERSIONS',
        manifest: { layers: { roads: { version, revision, changes } } },
        confirmedAt: world.clock.now,
      },
      { postMessage: (message: unknown) => void acks.push(message) },
    );
    await cache.settled();
    return acks[0] as { ok: boolean; error?: { code: string; field: string } };
  };
  /** Returns the tiles that were fetched or validated. */
  const askedFor = async (indices: readonly number[]) => {
    world.asked.length = 0;
    for (const index of indices) await world.get(cache, url(tileAt(index)));
    return world.asked.map((request) => new URL(request.url).pathname);
  };
  return {
    world,
    announce,
    askedFor,
    restart: () => (cache = start()),
    get: (tile: TileId) => world.get(cache, url(tile)),
  };
}

const ALL = Array.from({ length: STORED }, (_, i) => i);
const named = CHANGED.map(url).sort();
const around = { bbox: [-5, 50, 5, 60], zooms: [14, 14] };

describe.each([
  ['by version', { layers: { roads: { freshness: 'version', maxAge: 3600 } } }, true],
  ['by header', { layers: { roads: {} } }, false],
] as Array<[string, TileCacheOptions, boolean]>)('a publication that names tiles, %s', (_, options, labelled) => {
  it(`requests only the 37 changed tiles out of ${STORED}`, async () => {
    const { announce, askedFor, restart } = setUp(options, labelled);
    await announce('v1', 1, []);
    expect(await askedFor(ALL)).toHaveLength(STORED);
    expect(await announce('v2', 2, [{ from: 'v1', ...around, tiles: pack(...CHANGED) }])).toMatchObject({ ok: true });
    // The list survives a restart of the worker.
    restart();
    expect((await askedFor(ALL)).sort()).toEqual(named);
  });
});

describe('a publication that lists 37 of 100,000 stored tiles', () => {
  const MANY = 100_000;
  const place = (index: number) => Object.values(tileAt(index)).join('/');
  const among = Array.from({ length: 37 }, (_, i) => i * 2700);

  it('costs 37 requests, and none for a random twentieth of the others', async () => {
    const { world, announce, askedFor, restart } = setUp({ layers: { roads: { freshness: 'version', maxAge: 3600 } } });
    await announce('v1', 1, []);
    await askedFor([0]);
    // Store the tiles directly, as if each had been requested. They differ only by their keys.
    const [cache] = [...world.caches.caches.values()].filter(({ entries }) => entries.size > 0);
    const [key, entry] = [...cache!.entries][0]!;
    for (let index = 0; index < MANY; index += 1) cache!.entries.set(key.replace(place(0), place(index)), entry);
    expect(cache!.entries.size).toBe(MANY);
    restart();
    expect(await askedFor([0, 1, MANY - 1])).toEqual([]);
    await announce('v2', 2, [{ from: 'v1', ...around, tiles: pack(...among.map(tileAt)) }]);
    const random = seeded(20_261_127);
    const others = Array.from({ length: MANY / 20 }, () => Math.floor(random() * MANY)).filter((i) => i % 2700 > 0);
    expect(await askedFor(others)).toEqual([]);
    expect(await askedFor(among)).toEqual(among.map((index) => url(tileAt(index))));
    expect(await askedFor(among)).toEqual([]);
  }, 60_000);
});

describe('a publication that lists tiles', () => {
  const options: TileCacheOptions = { layers: { roads: { freshness: 'version', maxAge: 3600 } } };
  const FEW = Array.from({ length: 80 }, (_, i) => i);

  it('makes the others count as tiles of the new version', async () => {
    const { announce, askedFor, get } = setUp(options);
    await announce('v1', 1, []);
    await askedFor(FEW);
    await announce('v2', 2, [{ from: 'v1', ...around, tiles: pack(tileAt(3)) }]);
    const [other, changed] = [await get(tileAt(4)), await get(tileAt(3))];
    expect([other.headers.get('x-tile-version'), (await other.text()).slice(2)]).toEqual(['v2', 'tile of v1']);
    expect([changed.headers.get('x-tile-version'), (await changed.text()).slice(2)]).toEqual(['v2', 'tile of v2']);
  });

  it('applies the list whatever the box, and an empty list changes nothing', async () => {
    const { announce, askedFor, world } = setUp(options);
    await announce('v1', 1, []);
    await askedFor(FEW);
    await announce('v2', 2, [
      { from: 'v1', bbox: [100, 0, 101, 1], zooms: [3, 3], tiles: pack(tileAt(3)) },
      { from: 'v1', ...around, tiles: '' },
    ]);
    expect(await askedFor(FEW)).toEqual([url(tileAt(3))]);
    // Pages hear of the boxes around the tiles.
    expect(world.posted).toContainEqual(expect.objectContaining({ type: 'TILES_INVALIDATED', ...around }));
  });

  it('works without a box or zooms', async () => {
    const { announce, askedFor } = setUp(options);
    await announce('v1', 1, []);
    await askedFor(FEW);
    await announce('v2', 2, [{ from: 'v1', tiles: pack(tileAt(3)) }]);
    expect(await askedFor(FEW)).toEqual([url(tileAt(3))]);
  });

  it('causes one request for each of a hundred publications that list the tile', async () => {
    const { announce, askedFor } = setUp({ layers: { roads: {} } }, false);
    await announce('v0', 1, []);
    await askedFor(FEW);
    for (let i = 1; i <= 100; i++) {
      const tile = tileAt(i % 10);
      await announce(`v${i}`, i + 1, [{ from: `v${i - 1}`, ...around, tiles: pack(tile) }]);
      expect(await askedFor([i % 10, 10, 11])).toEqual([url(tile)]);
    }
    // Ten tiles were listed, the others never.
    expect((await askedFor(FEW)).every((asked) => FEW.slice(0, 10).some((i) => url(tileAt(i)) === asked))).toBe(true);
  });

  it('causes no requests for other tiles during an hour of publications, one per minute', async () => {
    const { announce, askedFor } = setUp(options);
    await announce('v0', 1, []);
    await askedFor(FEW);
    for (let i = 1; i <= 60; i++)
      await announce(`v${i}`, i + 1, [{ from: `v${i - 1}`, ...around, tiles: pack(tileAt(i % 10)) }]);
    expect(await askedFor(FEW)).toEqual(FEW.slice(0, 10).map((i) => url(tileAt(i))));
  });

  it('together with a box changes tiles in either', async () => {
    const { announce, askedFor } = setUp(options);
    await announce('v1', 1, []);
    await askedFor(FEW);
    await announce('v2', 2, [
      { from: 'v1', bbox: [100, 0, 101, 1] },
      { from: 'v1', ...around, tiles: pack(tileAt(7)) },
    ]);
    expect(await askedFor(FEW)).toEqual([url(tileAt(7))]);
  });

  it('that is repeated after an edge was repaired causes requests for tiles fetched in between', async () => {
    const { announce, askedFor } = setUp({ layers: { roads: {} } }, false);
    await announce('v1', 1, []);
    await askedFor(FEW);
    await announce('v2', 2, [{ from: 'v1', ...around, tiles: pack(tileAt(3)) }]);
    await askedFor(FEW);
    await announce('v2', 3, [{ from: 'v2', ...around, tiles: pack(tileAt(3)) }]);
    expect(await askedFor(FEW)).toEqual([url(tileAt(3))]);
  });

  it('with an invalid list is refused, and changes nothing', async () => {
    const { announce, askedFor } = setUp(options);
    await announce('v1', 1, []);
    await askedFor(FEW);
    for (const tiles of ['AQMD', 'Ag', 5, 'A'.repeat(200_001), 'a b'])
      expect(await announce('v2', 2, [{ from: 'v1', ...around, tiles }])).toMatchObject({
        ok: false,
        error: { code: 'INVALID_MANIFEST', field: expect.stringContaining('tiles') },
      });
    expect(await askedFor(FEW)).toEqual([]);
  });
});
