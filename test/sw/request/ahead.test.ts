import { describe, expect, it } from 'vitest';
import { createWorld } from '../fakes/world';

const AHEAD = { headers: { purpose: 'prefetch' } };
const tile = (y: number, host = '') => `${host}/tiles/roads/3/1/${y}.png`;

/** An origin that answers when the test says so. */
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

describe('a tile that a page prefetches', () => {
  it('is stored for the map, does not count as a use, and adds no header for the origin', async () => {
    const world = createWorld();
    const cache = world.start();
    const answer = await world.get(cache, tile(1), AHEAD);
    expect(answer.headers.get('cache-status')).toContain('stored');
    expect([...world.asked[0]!.headers.keys()]).not.toContain('purpose');
    expect(uses(world.posted)).toEqual([]);
    // A hit of a prefetch does not count either, because nobody saw the tile.
    expect((await world.get(cache, tile(1), AHEAD)).headers.get('cache-status')).toContain('hit');
    expect(uses(world.posted)).toEqual([]);
    expect((await world.get(cache, tile(1))).headers.get('cache-status')).toContain('hit');
    expect(uses(world.posted)).toEqual([1]);
    expect(world.asked).toHaveLength(1);
  });

  it('waits for requests of maps', async () => {
    const { world, cache, ask, waiting } = slow({ concurrency: 2 });
    cache.message({ type: 'TILE_VIEWPORT', layer: 'roads', zoom: 3, bbox: [-179, -84, 179, 84] }, undefined, 'page');
    const all = [ask(tile(1), AHEAD), ask(tile(2), AHEAD), ask(tile(3))];
    const paths = () => world.asked.map(({ url }) => new URL(url).pathname);
    // Prefetching leaves half of the slots to the map.
    await expect.poll(paths).toEqual([tile(1), tile(3)]);
    waiting.get(tile(3))!();
    await all[2]!.done;
    expect(paths()).toEqual([tile(1), tile(3)]);
    waiting.get(tile(1))!();
    await expect.poll(paths).toEqual([tile(1), tile(3), tile(2)]);
    waiting.get(tile(2))!();
    await Promise.all(all.map(({ done }) => done));
  });

  it('gives its slot to a tile that a map waits for, and reports that it was dropped', async () => {
    const { world, ask, waiting, signals } = slow({ concurrency: 2 });
    const ahead = ask(tile(1), AHEAD);
    await expect.poll(() => signals.size).toBe(1);
    const all = [ask(tile(2)), ask(tile(3)), ask(tile(4))];
    await expect.poll(() => signals.get(tile(1))?.aborted).toBe(true);
    await expect.poll(() => world.asked.length).toBe(3);
    const dropped = await ahead.response;
    expect(dropped.headers.get('cache-status')).toContain('detail=aborted');
    for (const count of [3, 4]) {
      await expect.poll(() => world.asked.length).toBe(count);
      for (const go of waiting.values()) go();
    }
    expect(await Promise.all(all.map(async ({ response }) => (await response).status))).toEqual([200, 200, 200]);
    await Promise.all([ahead, ...all].map(({ done }) => done));
    expect(uses(world.posted).sort()).toEqual([2, 3, 4]);
  });

  it('that the map requests meanwhile is requested once, and is moved ahead of others', async () => {
    const { world, ask, waiting } = slow({ concurrency: 1 });
    const all = [ask(tile(0), AHEAD), ask(tile(1), AHEAD), ask(tile(2), AHEAD), ask(tile(2))];
    const bodies = Promise.all(all.map(async ({ response }) => (await response).text()));
    for (const [count, y] of [0, 2, 1].entries()) {
      await expect.poll(() => world.asked.length).toBe(count + 1);
      waiting.get(tile(y))!();
    }
    expect(await bodies).toEqual(['tile', 'tile', 'tile', 'tile']);
    await Promise.all(all.map(({ done }) => done));
    expect(uses(world.posted)).toEqual([2]);
  });

  it.each(['before its head', 'in the middle of its body', 'while it is being stored'])(
    'that a map requests %s streams to the map, and is stored',
    async (when) => {
      const world = createWorld();
      let body!: ReadableStreamDefaultController<Uint8Array>;
      let answer!: (response: Response) => void;
      const headers = { 'content-type': 'application/octet-stream', 'cache-control': 'max-age=60' };
      world.answer = () => new Promise((resolve) => (answer = resolve));
      let store = () => {};
      const stored = new Promise<void>((resolve) => (store = resolve));
      let puts = 0;
      const { open } = world.caches;
      world.caches.open = async (name) => {
        const cache = await open.call(world.caches, name);
        const put = cache.put.bind(cache);
        cache.put = async (...args) => {
          puts += 1;
          await stored;
          return put(...args);
        };
        return cache;
      };
      const cache = world.start();
      const ask = (init?: RequestInit) => {
        const request = new Request(`https://map.example${tile(1)}`, init);
        return cache.handle({ request, address: cache.match(request.url)!, clientId: 'page' });
      };
      const send = () => answer(new Response(new ReadableStream({ start: (own) => void (body = own) }), { headers }));
      const text = (part: string) => body.enqueue(new TextEncoder().encode(part));
      const ahead = ask(AHEAD);
      let told = false;
      void ahead.response.then(() => (told = true));
      await expect.poll(() => world.asked.length).toBe(1);
      if (when !== 'before its head') {
        send();
        text('ti');
      }
      if (when === 'while it is being stored') {
        text('le');
        body.close();
        await expect.poll(() => puts).toBe(1);
      }
      const seen = ask();
      if (when === 'before its head') {
        await new Promise((resolve) => setTimeout(resolve, 5));
        send();
        text('ti');
      }
      const shown = await seen.response;
      expect(shown.headers.get('cache-status')).toContain('collapsed');
      const reader = shown.body!.getReader();
      expect(new TextDecoder().decode((await reader.read()).value)).toBe('ti');
      if (when !== 'while it is being stored') {
        text('le');
        body.close();
      }
      expect(new TextDecoder().decode((await reader.read()).value)).toBe('le');
      expect((await reader.read()).done).toBe(true);
      // The map did not wait for the store, but the prefetch does.
      expect(told).toBe(false);
      store();
      expect((await ahead.response).headers.get('cache-status')).toContain('stored');
      await Promise.all([ahead.done, seen.done]);
      expect((await world.get(cache, tile(1))).headers.get('cache-status')).toContain('hit');
      expect(world.asked).toHaveLength(1);
    },
  );

  it('that a map requests in another variant is requested again', async () => {
    const world = createWorld();
    world.answer = async ({ headers }) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      const vary = { vary: 'X-Style', 'content-type': 'application/octet-stream', 'cache-control': 'max-age=60' };
      return new Response(`style ${headers.get('x-style')}`, { headers: vary });
    };
    const cache = world.start();
    const styles = [{ purpose: 'prefetch', 'x-style': 'a' }, { 'x-style': 'b' }, { 'x-style': 'a' }];
    const all = await Promise.all(styles.map((headers) => world.get(cache, tile(1), { headers })));
    expect(await Promise.all(all.map((response) => response.text()))).toEqual(['style a', 'style b', 'style a']);
    expect(world.asked.map(({ headers }) => headers.get('x-style'))).toEqual(['a', 'b']);
  });

  it('that is too large to buffer makes nobody wait', async () => {
    const world = createWorld();
    let left = 0;
    world.answer = () => {
      const endless = new ReadableStream({ cancel: () => void (left += 1) });
      const headers = { 'content-type': 'application/octet-stream', 'content-length': String(40 * 2 ** 20) };
      return new Response(endless, { headers });
    };
    const cache = world.start();
    const request = new Request(`https://map.example${tile(1)}`, AHEAD);
    const { response } = cache.handle({ request, address: cache.match(request.url)!, clientId: 'page' });
    await (await response).body!.cancel();
    await expect.poll(() => left).toBe(2);
  });

  it('is not dropped because no map shows it, and is aborted when the page aborts it', async () => {
    const { cache, ask, waiting, signals } = slow();
    cache.message({ type: 'TILE_VIEWPORT', layer: 'roads', zoom: 3, bbox: [100, -84, 170, -80] }, undefined, 'page');
    const gone = new AbortController();
    const [kept, left] = [ask(tile(1), AHEAD), ask(tile(2), { ...AHEAD, signal: gone.signal })];
    await expect.poll(() => signals.size).toBe(2);
    gone.abort();
    await expect.poll(() => signals.get(tile(2))?.aborted).toBe(true);
    expect(signals.get(tile(1))!.aborted).toBe(false);
    waiting.get(tile(1))!();
    expect((await kept.response).status).toBe(200);
    await Promise.all([kept.done, left.done]);
  });

  it('is aborted when the page’s map has moved away', async () => {
    const { cache, ask, signals } = slow();
    const look = (bbox: number[]) =>
      cache.message({ type: 'TILE_VIEWPORT', layer: 'roads', zoom: 3, bbox }, undefined, 'page');
    await look([-130, 60, -100, 70]);
    const asked = ask(tile(1), AHEAD);
    await expect.poll(() => signals.has(tile(1))).toBe(true);
    expect(signals.get(tile(1))!.aborted).toBe(false);
    await look([150, -60, 160, -50]);
    await expect.poll(() => signals.get(tile(1))?.aborted).toBe(true);
    await asked.done;
  });
});
