import { beforeEach, describe, expect, it } from 'vitest';
import type { TileCacheOptions } from '../../../sw/options';
import { ago, CACHE, createMoveWorld, TILE, type MoveWorld } from './world';

let world: MoveWorld;
const WORLD = [-180, -85, 180, 85];
const FAR = [-170, -60, -160, -50];
const move = () => world.move({ from: 'workbox', cache: CACHE });
const fresh = () => ({ 'cache-control': 'max-age=3600', date: ago(world, 60) });
const announce = (version: string) =>
  world.send({ type: 'TILE_VERSIONS', manifest: { layers: { roads: { version } } }, confirmedAt: world.clock.now });
const purge = (more: object = {}) => world.send({ type: 'CACHE_INVALIDATE', layer: 'roads', ...more });

/** Starts a worker that has loaded its ledger. */
async function loaded(options?: TileCacheOptions): Promise<MoveWorld> {
  world = createMoveWorld(options);
  await world.worker.ledger.load();
  await world.old(TILE, fresh());
  return world;
}

beforeEach(async () => {
  world = await loaded();
});

describe('a purged tile is not taken over', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['the layer', () => purge()],
    ['a box', () => purge({ bbox: WORLD })],
    ['a logout', () => world.send({ type: 'TILE_CLEAR' })],
    ['a logout from the layer', () => world.send({ type: 'TILE_CLEAR', layer: 'roads' })],
  ])('%s', async (_, act) => {
    await act();
    expect(await move()).toMatchObject({ taken: 0, refused: { purged: 1 } });
    expect(await world.offline(TILE)).not.toMatchObject({ status: 200 });
  });

  it('if the purge comes while it is taken over', async () => {
    world.pause = async (what) => {
      if (!what.startsWith('put') || !what.endsWith('~moved')) return;
      world.pause = async () => {};
      await purge();
    };
    expect(await move()).toMatchObject({ taken: 0, refused: { purged: 1 } });
    expect(await world.offline(TILE)).not.toMatchObject({ status: 200 });
  });

  it.each<[string, object]>([
    ['the layer', {}],
    ['a box', { bbox: WORLD }],
  ])('if the purge comes after it was taken over: %s', async (_, more) => {
    expect(await move()).toMatchObject({ taken: 1 });
    await purge(more);
    expect(await world.offline(TILE)).not.toMatchObject({ status: 200 });
    world.restart();
    expect(await world.offline(TILE)).not.toMatchObject({ status: 200 });
  });

  it('and a tile that a rule marks as stale is taken over as stale, and others unchanged', async () => {
    await purge({ mode: 'stale' });
    expect(await move()).toMatchObject({ taken: 1 });
    expect((await world.offline(TILE))?.status).toBe(200);
    expect(world.asked).toHaveLength(1);

    await loaded();
    await purge({ bbox: FAR });
    expect(await move()).toMatchObject({ taken: 1 });
    expect((await world.offline(TILE))?.headers.get('cache-status')).toContain('hit');
  });
});

describe('versions', () => {
  it('the first one is adopted without an invalidation; tiles that were taken over have no label', async () => {
    await announce('one');
    expect(await move()).toMatchObject({ taken: 1 });
    const answer = await world.offline(TILE);
    expect(answer!.headers.get('cache-status')).toContain('hit');
    expect(answer!.headers.has('x-tile-version')).toBe(false);
  });

  it('a layer that has changed versions takes over no older tiles', async () => {
    await announce('one');
    await announce('two');
    expect(await move()).toMatchObject({ taken: 0, refused: { version: 1 } });
  });

  it('tiles that were taken over are stale under the next version', async () => {
    await move();
    await announce('one');
    await announce('two');
    const answer = await world.offline(TILE);
    expect(world.asked).toHaveLength(1);
    expect(answer?.status).toBe(200);
  });

  it('a layer with versionPolicy discard takes over no unlabelled tiles once it knows its version', async () => {
    const options = { layers: { roads: { versionPolicy: 'discard', versionedUrls: true } } } as const;
    await loaded(options);
    await world.old(`${TILE}?v=one`, fresh());
    await announce('one');
    expect(await move()).toMatchObject({ taken: 1, refused: { version: 1 } });
    const answer = await world.offline(`${TILE}?v=one`);
    expect(answer?.headers.get('x-tile-version')).toBe('one');
    expect(answer?.headers.get('cache-status')).toContain('hit');
  });

  it('a token in the URL is kept', async () => {
    await loaded({ layers: { roads: { versionedUrls: true, staleIfError: 60 } } });
    await world.old(`${TILE}?v=one`, fresh());
    await move();
    expect((await world.offline(`${TILE}?v=one`))?.headers.get('x-tile-version')).toBe('one');
    expect((await world.offline(`${TILE}?v=two`))?.headers.get('x-tile-version') ?? '').not.toBe('two');
    expect(world.asked).toHaveLength(1);
  });

  it('after the loss of the ledger, no tile is fresh before it was validated', async () => {
    await move();
    await new Promise((resolve) => {
      const request = indexedDB.deleteDatabase('tile-cache-ledger:https://map.example/');
      request.onsuccess = request.onerror = request.onblocked = resolve;
    });
    await world.old('/tiles/roads/6/33/23.png', fresh());
    world.restart();
    expect(await move()).toMatchObject({ taken: 1 });
    await world.offline('/tiles/roads/6/33/23.png');
    expect(world.asked).toHaveLength(1);
  });
});
