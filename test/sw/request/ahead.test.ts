import { describe, expect, it } from 'vitest';
import { createWorld } from '../fakes/world';

const AHEAD = { headers: { purpose: 'prefetch' } };
const tile = (y: number, host = '') => `${host}/tiles/roads/3/1/${y}.png`;
const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

/** An origin that answers when it is told to, and what it was asked in this order. */
function slow(layer: object = {}) {
  const world = createWorld();
  const waiting = new Map<string, () => void>();
  const signals = new Map<string, AbortSignal>();
  world.answer = (request) =>
    new Promise((resolve) => {
      const { pathname } = new URL(request.url);
      signals.set(pathname, request.signal);
      const headers = { 'content-type': 'application/octet-stream', 'cache-control': 'max-age=60' };
      waiting.set(pathname, () => resolve(new Response('tile', { headers })));
    });
  const cache = world.start({ layers: { roads: layer } });
  const ask = (path: string, init?: RequestInit) => {
    const request = new Request(new URL(path, 'https://map.example'), init);
    return cache.handle({ request, address: cache.match(request.url)!, clientId: 'page' });
  };
  return { world, cache, ask, waiting, signals };
}

const uses = (posted: readonly unknown[]) =>
  posted.flatMap((message) => (message as { uses?: Array<{ tile: { y: number } }> }).uses ?? []).map((u) => u.tile.y);

describe('a tile that a page asks for before its map does', () => {
  it('is stored for the map, is no use of the tile, and says nothing to the origin', async () => {
    const world = createWorld();
    const cache = world.start();
    const answer = await world.get(cache, tile(1), AHEAD);
    expect(answer.headers.get('cache-status')).toContain('stored');
    expect([...world.asked[0]!.headers.keys()]).not.toContain('purpose');
    expect(uses(world.posted)).toEqual([]);
    // Nor is its hit: nobody looked at it.
    expect((await world.get(cache, tile(1), AHEAD)).headers.get('cache-status')).toContain('hit');
    expect(uses(world.posted)).toEqual([]);
    expect((await world.get(cache, tile(1))).headers.get('cache-status')).toContain('hit');
    expect(uses(world.posted)).toEqual([1]);
    expect(world.asked).toHaveLength(1);
  });

  it('waits behind those that a map asks for', async () => {
    const { world, cache, ask, waiting } = slow({ concurrency: 2 });
    cache.message({ type: 'TILE_VIEWPORT', layer: 'roads', zoom: 3, bbox: [-179, -84, 179, 84] }, undefined, 'page');
    const all = [ask(tile(1), AHEAD), ask(tile(2), AHEAD), ask(tile(3))];
    await turn();
    const paths = () => world.asked.map(({ url }) => new URL(url).pathname);
    // It leaves half of the slots to the map.
    expect(paths()).toEqual([tile(1), tile(3)]);
    waiting.get(tile(3))!();
    await turn();
    expect(paths()).toEqual([tile(1), tile(3)]);
    waiting.get(tile(1))!();
    await turn();
    expect(paths()).toEqual([tile(1), tile(3), tile(2)]);
    waiting.get(tile(2))!();
    await Promise.all(all.map(({ done }) => done));
  });

  it('that the map asks for meanwhile is asked for once, and goes before others', async () => {
    const { world, ask, waiting } = slow({ concurrency: 1 });
    const all = [ask(tile(0), AHEAD), ask(tile(1), AHEAD), ask(tile(2), AHEAD), ask(tile(2))];
    await turn();
    const bodies = Promise.all(all.map(async ({ response }) => (await response).text()));
    for (const [count, y] of [0, 2, 1].entries()) {
      expect(world.asked.map(({ url }) => new URL(url).pathname)).toHaveLength(count + 1);
      waiting.get(tile(y))!();
      await turn();
    }
    expect(await bodies).toEqual(['tile', 'tile', 'tile', 'tile']);
    await Promise.all(all.map(({ done }) => done));
    expect(uses(world.posted)).toEqual([2]);
  });

  it('is not lost because no map looks at it, and given up when the page gives it up', async () => {
    const { cache, ask, waiting, signals } = slow();
    cache.message({ type: 'TILE_VIEWPORT', layer: 'roads', zoom: 3, bbox: [100, -84, 170, -80] }, undefined, 'page');
    const gone = new AbortController();
    const [kept, left] = [ask(tile(1), AHEAD), ask(tile(2), { ...AHEAD, signal: gone.signal })];
    await turn();
    gone.abort();
    await turn();
    expect(signals.get(tile(1))!.aborted).toBe(false);
    expect(signals.get(tile(2))!.aborted).toBe(true);
    waiting.get(tile(1))!();
    expect((await kept.response).status).toBe(200);
    await Promise.all([kept.done, left.done]);
  });

  it('is given up when the page’s map has gone elsewhere', async () => {
    const { cache, ask, signals } = slow();
    const look = (bbox: number[]) =>
      cache.message({ type: 'TILE_VIEWPORT', layer: 'roads', zoom: 3, bbox }, undefined, 'page');
    look([-130, 60, -100, 70]);
    const asked = ask(tile(1), AHEAD);
    await turn();
    look([150, -60, 160, -50]);
    await turn();
    expect(signals.get(tile(1))!.aborted).toBe(true);
    await asked.done;
  });
});
