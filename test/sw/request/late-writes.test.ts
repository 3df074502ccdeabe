// Late writes, and writes for other requests, do not damage stored tiles.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createWorld, type World } from '../fakes/world';

const url = (y: number) => `/tiles/roads/3/1/${y}.png`;
const tile = (text: string, headers: Record<string, string> = {}, status = 200) =>
  new Response(text, {
    status,
    headers: { 'content-type': 'application/octet-stream', 'cache-control': 'max-age=60', ...headers },
  });
const style = (name: string) => ({ headers: { 'x-style': name } });
const offline = () => Promise.reject(new TypeError('offline'));

let world: World;
beforeEach(() => {
  world = createWorld();
});

describe('two responses for one tile', () => {
  it('of which the one with the later request stays', async () => {
    const cache = world.start();
    const releases: Array<(response: Response) => void> = [];
    world.answer = () => new Promise((resolve) => releases.push(resolve));
    const earlier = world.get(cache, url(2), { credentials: 'omit' });
    await vi.waitFor(() => expect(releases).toHaveLength(1));
    world.clock.now += 1000;
    const later = world.get(cache, url(2), { credentials: 'include' });
    await vi.waitFor(() => expect(releases).toHaveLength(2));
    releases[1]!(tile('new'));
    await later;
    releases[0]!(tile('old'));
    await earlier;
    expect(await (await world.get(cache, url(2))).text()).toBe('new');
  });

  it('of which one was requested before the clock went back', async () => {
    const cache = world.start();
    await world.get(cache, url(2));
    world.clock.now -= 3_600_000;
    world.answer = () => tile('new');
    await world.get(cache, url(2), { cache: 'reload' });
    const hit = await world.get(cache, url(2));
    expect([hit.headers.get('cache-status'), await hit.text()]).toEqual(['sw-tile-cache; hit; ttl=60', 'new']);
  });
});

describe('a response that must not be stored', () => {
  it('removes the stored tile if a reload requested it', async () => {
    const cache = world.start();
    await world.get(cache, url(2));
    world.answer = () => tile('secret', { 'cache-control': 'no-store' });
    await world.get(cache, url(2), { cache: 'reload' });
    expect(await (await world.get(cache, url(2))).text()).toBe('secret');
  });
});

describe('variants', () => {
  it('stay available when another one fails', async () => {
    const cache = world.start();
    world.answer = (request) =>
      tile(String(request.headers.get('x-style')), {
        vary: 'X-Style',
        'cache-control': 'max-age=60, stale-if-error=100',
      });
    await world.get(cache, url(2), style('a'));
    world.clock.now += 200_000;
    await world.get(cache, url(2), style('b'));
    world.answer = () => new Response('busy', { status: 503, headers: { 'cache-control': 'max-age=30' } });
    await world.get(cache, url(2), style('a'));
    world.answer = offline;
    expect(await (await world.get(cache, url(2), style('b'))).text()).toBe('b');
  });

  it('count as used together with the first one, through which they are found', async () => {
    const cache = world.start({ layers: { roads: { maxEntries: 5 } } });
    world.answer = (request) =>
      tile(String(request.headers.get('x-style')), { vary: 'X-Style', 'cache-control': 'max-age=9999' });
    await world.get(cache, url(2), style('a'));
    await world.get(cache, url(2), style('b'));
    for (let y = 3; y < 8; y += 1) {
      world.clock.now += 120_000;
      world.answer = () => tile('x', { 'cache-control': 'max-age=9999' });
      await world.get(cache, url(y));
      expect((await world.get(cache, url(2), style('b'))).headers.get('cache-status')).toContain('hit');
      await cache.settled();
    }
  });

  it('by Authorization are not shared, even if the layer shares across credentials', async () => {
    const cache = world.start({ layers: { roads: { shareAcrossCredentials: true } } });
    world.answer = (request) => tile(String(request.headers.get('authorization')), { vary: 'Authorization' });
    for (const authorization of ['a', 'b', 'a'])
      expect(await (await world.get(cache, url(2), { headers: { authorization } })).text()).toBe(authorization);
  });
});

describe('a full quota', () => {
  const full = () => {
    const [stored] = [...world.caches.caches.values()];
    stored!.put = async () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
    return stored!;
  };

  it('loses neither the tile that is being replaced nor all others', async () => {
    const cache = world.start({ layers: { roads: { staleIfError: Infinity } }, memoryBytes: 0 });
    for (let y = 0; y < 20; y += 1) await world.get(cache, `/tiles/roads/5/1/${y}.png`);
    await cache.settled();
    const stored = full();
    world.clock.now += 90_000;
    world.answer = () => tile('two');
    for (let y = 0; y < 5; y += 1) await world.get(cache, `/tiles/roads/5/1/${y}.png`);
    expect(stored.entries.size).toBeGreaterThanOrEqual(10);
    world.answer = offline;
    expect(await (await world.get(cache, '/tiles/roads/5/1/0.png')).text()).toBe('tile');
  });
});

describe('a ledger that cannot be read', () => {
  it.each<[string, boolean, RequestCache]>([
    ['does not count as missing: the HTTP cache may contain tiles that it has purged', true, 'no-cache'],
    ['in a browser without stored tiles does not change requests', false, 'default'],
  ])('%s', async (_, before, mode) => {
    if (before) {
      const cache = world.start();
      await world.get(cache, url(2));
      await cache.message({ type: 'CACHE_INVALIDATE', layer: 'roads' }, { postMessage: () => {} });
    }
    globalThis.indexedDB = {
      open: () => {
        throw new Error('no');
      },
    } as never;
    await world.get(world.start(), url(2));
    expect(world.asked.at(-1)?.cache).toBe(mode);
  });
});
