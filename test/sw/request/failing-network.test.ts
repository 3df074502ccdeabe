import { describe, expect, it, vi } from 'vitest';
import type { LayerOptions } from '../../../src/shared/layer-options';
import { fakeTimers, settle, type FakeTimers } from '../fakes/timers';
import { createWorld, ORIGIN, type World } from '../fakes/world';

const STALE_OK = 'max-age=60, stale-if-error=86400';
const ok = (text: string, cacheControl = STALE_OK) =>
  new Response(text, { headers: { 'content-type': 'application/octet-stream', 'cache-control': cacheControl } });
const never = () => new Promise<Response>(() => {});

let world: World;
let clock: FakeTimers;
let cache: ReturnType<World['start']>;

const ask = (path: string, init?: RequestInit) => {
  const request = new Request(`${ORIGIN}${path}`, init);
  return cache.handle({ request, address: cache.match(request.url)! }).response;
};
const statusOf = async (answer: Promise<Response>) => (await answer).headers.get('cache-status');
/** Returns a function that says whether the promise has resolved. */
const watch = (answer: Promise<unknown>) => {
  const seen = { done: false };
  void answer.then(() => (seen.done = true));
  return seen;
};

/** Stores tiles and lets them become stale, before the test changes the network. */
async function begin(layer: LayerOptions = {}, tiles = 8) {
  world = createWorld();
  clock = fakeTimers({ soon: 500, clock: world.clock });
  cache = world.start({ layers: { roads: { concurrency: 4, ...layer }, rivers: {} } }, clock);
  world.answer = () => ok('tile');
  for (let x = 0; x < tiles; x += 1) await world.get(cache, `/tiles/roads/6/${x}/0`);
  world.asked.length = 0;
  world.clock.now += 120_000;
  world.answer = never;
}

describe('patience', () => {
  it('ends after a second for every stored tile, however long the queue', async () => {
    await begin({}, 60);
    const all = Array.from({ length: 60 }, (_, x) => ask(`/tiles/roads/6/${x}/0`));
    const seen = all.map(watch);
    await clock.pass(999);
    expect(seen.filter(({ done }) => done)).toHaveLength(0);
    await clock.pass(1);
    expect(seen.filter(({ done }) => done)).toHaveLength(60);
    for (const answer of all) {
      expect(await statusOf(answer)).toBe('sw-tile-cache; fwd=stale; detail=patience');
      expect(await (await answer).text()).toBe('tile');
    }
    // The number of requests in flight stays within the limit.
    expect(world.asked).toHaveLength(4);
  });

  it('that one tile has used up is used up for later tiles, until the host answers', async () => {
    await begin();
    const first = ask('/tiles/roads/6/0/0');
    await clock.pass(1000);
    await first;
    const second = watch(ask('/tiles/roads/6/1/0'));
    await settle();
    expect(second.done).toBe(true);
    world.answer = () => ok('new');
    // A background request probes the host, and gets an answer.
    await ask('/tiles/roads/6/2/0');
    await clock.pass(5000);
    expect(await (await ask('/tiles/roads/6/3/0')).text()).toBe('new');
  });

  it('does not stop the request: its response is stored and reported later', async () => {
    await begin();
    let release: (response: Response) => void = () => {};
    world.answer = () => new Promise((resolve) => (release = resolve));
    const first = ask('/tiles/roads/6/0/0');
    await clock.pass(1000);
    expect(await (await first).text()).toBe('tile');
    world.posted.length = 0;
    release(ok('new'));
    await settle(60);
    expect(world.posted).toContainEqual({ type: 'TILES_UPDATED', layer: 'roads', tiles: [{ z: 6, x: 0, y: 0 }] });
    const again = await ask('/tiles/roads/6/0/0');
    expect(await again.text()).toBe('new');
    expect(again.headers.get('cache-status')).toContain('hit');
    expect(world.asked).toHaveLength(1);
  });

  it('also ends for a body that trickles', async () => {
    await begin();
    world.answer = () => {
      let stop = false;
      const body = new ReadableStream<Uint8Array>({
        async pull(controller) {
          await new Promise<void>((resolve) => void clock.setTimeout(resolve, 600));
          if (!stop) controller.enqueue(new Uint8Array(1));
        },
        cancel: () => void (stop = true),
      });
      return new Response(body, { headers: { 'content-type': 'application/octet-stream' } });
    };
    const first = ask('/tiles/roads/6/0/0');
    await clock.pass(1000);
    expect(await statusOf(first)).toContain('detail=patience');
    const second = watch(ask('/tiles/roads/6/1/0'));
    await settle();
    expect(second.done).toBe(true);
  });

  it('is an option, and with 0 a page does not wait at all', async () => {
    await begin({ patience: 0 });
    const first = ask('/tiles/roads/6/0/0');
    await clock.pass(0);
    expect(await statusOf(first)).toContain('detail=patience');
    await begin({ patience: 5 });
    const slow = watch(ask('/tiles/roads/6/0/0'));
    await clock.pass(4999);
    expect(slow.done).toBe(false);
    await clock.pass(1);
    expect(slow.done).toBe(true);
  });

  it('applies to HEAD and to ranges', async () => {
    await begin();
    const head = ask('/tiles/roads/6/0/0', { method: 'HEAD' });
    const range = ask('/tiles/roads/6/1/0', { headers: { range: 'bytes=1-2' } });
    await clock.pass(1000);
    expect(await statusOf(head)).toContain('detail=patience');
    expect((await range).status).toBe(206);
    expect(await (await range).text()).toBe('il');
  });

  it('answers with no tile that must not stand in for a failed origin', async () => {
    await begin();
    world.answer = () => ok('tile', 'max-age=60, must-revalidate');
    await world.get(cache, '/tiles/roads/6/9/0');
    world.clock.now += 120_000;
    world.answer = never;
    const strict = watch(ask('/tiles/roads/6/9/0'));
    await clock.pass(10_000);
    expect(strict.done).toBe(false);
  });

  it('answers with no tile that was purged during the wait', async () => {
    await begin();
    const first = watch(ask('/tiles/roads/6/0/0'));
    await settle();
    await cache.message({ type: 'CACHE_INVALIDATE', layer: 'roads' }, undefined);
    await clock.pass(5000);
    expect(first.done).toBe(false);
  });

  it('is not used up for a host that answers other requests meanwhile', async () => {
    await begin({ concurrency: 2 });
    world.answer = (request) => (request.url.endsWith('/0/0') ? never() : ok('new'));
    const slow = ask('/tiles/roads/6/0/0');
    await settle();
    await ask('/tiles/roads/6/1/0');
    await clock.pass(1000);
    expect(await statusOf(slow)).toContain('detail=patience');
    expect(await (await ask('/tiles/roads/6/2/0')).text()).toBe('new');
  });

  it('does not leave a hanging request forever', async () => {
    await begin();
    let aborted = 0;
    world.answer = (request) => {
      request.signal.addEventListener('abort', () => (aborted += 1));
      return never();
    };
    void ask('/tiles/roads/6/0/0');
    await clock.pass(59_000);
    expect(aborted).toBe(0);
    await clock.pass(2000);
    expect(aborted).toBe(1);
  });
});

describe('a network that does not answer', () => {
  it('is waited for as long as the browser would if nothing is stored', async () => {
    await begin();
    world.answer = async () => {
      await new Promise<void>((resolve) => void clock.setTimeout(resolve, 12_000));
      return ok('slow');
    };
    const slow = Array.from({ length: 12 }, (_, x) => ask(`/tiles/roads/7/${x}/0`));
    await clock.pass(40_000);
    for (const answer of slow) expect(await (await answer).text()).toBe('slow');
    expect(world.posted).not.toContainEqual(expect.objectContaining({ notice: 'offline' }));
  });

  it.each(['timeout', 'refused'])(
    '(%s) for one tile does not count against the layer, however often a page retries it',
    async (how) => {
      await begin({ timeout: 0.6, patience: 5 });
      const fails = how === 'timeout' ? never : () => Promise.reject(new TypeError('refused'));
      world.answer = (request) => (request.url.includes('/60/0') ? fails() : ok('new'));
      for (let retry = 0; retry < 5; retry += 1) {
        const bad = ask(`/tiles/roads/6/60/0?retry=${retry}`);
        await vi.waitFor(() => expect(world.asked).toHaveLength(retry + 1));
        await clock.pass(600);
        expect((await bad).status).toBe(504);
      }
      expect(await statusOf(ask('/tiles/roads/6/1/0'))).toBe('sw-tile-cache; fwd=stale; fwd-status=200; stored');
      expect(world.posted).not.toContainEqual(expect.objectContaining({ notice: 'offline' }));
    },
  );

  it('fails at the layer’s timeout, with four requests at a time, however many fail', async () => {
    await begin({ timeout: 10 });
    const all = Array.from({ length: 12 }, (_, x) => ask(`/tiles/roads/7/${x}/0`));
    await settle();
    expect(world.asked).toHaveLength(4);
    await clock.pass(10_000);
    expect(world.asked).toHaveLength(8);
    await clock.pass(20_000);
    const answers = await Promise.all(all);
    expect(world.asked).toHaveLength(12);
    expect(answers.map((answer) => answer.status)).toEqual(Array(12).fill(504));
    expect(answers[0]!.headers.get('cache-status')).toBe('sw-tile-cache; fwd=uri-miss; detail=timeout');
    expect(answers[0]!.headers.get('cache-control')).toBe('no-store');
  });

  it('for one URL does not count against the layer', async () => {
    await begin({ timeout: 0.6, patience: 5 });
    world.answer = (request) => (request.url.endsWith('/0/0') ? never() : ok('new'));
    const bad = ask('/tiles/roads/6/0/0');
    await clock.pass(600);
    expect(await statusOf(bad)).toBe('sw-tile-cache; fwd=stale; detail=timeout');
    expect(await (await ask('/tiles/roads/6/1/0')).text()).toBe('new');
    expect(world.posted).not.toContainEqual(expect.objectContaining({ notice: 'offline' }));
  });

  it('for several tiles counts as offline: others are answered at once, and the worker probes until it answers', async () => {
    await begin({ timeout: 0.6, patience: 5 });
    const all = [0, 1, 2].map((x) => ask(`/tiles/roads/6/${x}/0`));
    await clock.pass(600);
    await Promise.all(all);
    await clock.pass(300);
    expect(world.posted).toContainEqual({ type: 'TILE_NOTICE', notice: 'offline', layer: 'roads' });
    for (let x = 3; x < 8; x += 1)
      expect(await statusOf(ask(`/tiles/roads/6/${x}/0`))).toMatch(/hit; ttl=-\d+; detail=disconnected/);
    expect(world.asked).toHaveLength(3);
    world.answer = () => ok('new');
    world.clock.now += 2000;
    await ask('/tiles/roads/6/3/0');
    await settle();
    expect(world.asked).toHaveLength(4);
    expect(await (await world.get(cache, '/tiles/roads/6/4/0')).text()).toBe('new');
    await clock.pass(6000);
    expect(world.posted).toContainEqual({ type: 'TILE_NOTICE', notice: 'online', layer: 'roads' });
  });

  it('of one layer does not delay another', async () => {
    await begin();
    void ask('/tiles/roads/7/1/1');
    world.answer = () => ok('river');
    expect(await (await world.get(cache, '/tiles/rivers/5/1/1')).text()).toBe('river');
  });
});

describe('a leader whose connection is broken', () => {
  const path = '/tiles/roads/7/1/1';
  /** The first request's body stops half-way. Later ones are complete. */
  const stallsFirst = () => {
    let signal: AbortSignal | undefined;
    world.answer = (request) => {
      if (world.asked.length > 1) return ok('whole');
      signal = request.signal;
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(new TextEncoder().encode('who'));
          request.signal.addEventListener('abort', () => controller.error(new Error('aborted')));
        },
      });
      return new Response(body, { headers: { 'content-type': 'application/octet-stream' } });
    };
    return () => signal?.aborted;
  };

  it('is aborted at the timeout together with its page’s answer, and its followers repeat the request once, together', async () => {
    await begin({ timeout: 1, patience: 1 });
    const aborted = stallsFirst();
    const leader = ask(path);
    await settle();
    const followers = [ask(path), ask(path), ask(path)];
    const text = (await leader).text();
    text.catch(() => {});
    await clock.pass(1000);
    expect(aborted()).toBe(true);
    await expect(text).rejects.toThrow();
    for (const follower of followers) {
      const answered = await follower;
      expect([answered.status, await answered.text()]).toEqual([200, 'whole']);
    }
    expect(world.asked).toHaveLength(2);
  });

  it('makes its followers fail only after a request of their own, in limited time', async () => {
    await begin({ timeout: 1 });
    const all = [ask(path), ask(path)];
    await clock.pass(2000);
    expect((await Promise.all(all)).map(({ status }) => status)).toEqual([504, 504]);
    expect(world.asked).toHaveLength(2);
  });
});

describe('a page that aborts its request', () => {
  it('does not affect others that wait for the tile', async () => {
    world = createWorld();
    cache = world.start();
    let signal: AbortSignal | undefined;
    let release: (response: Response) => void = () => {};
    world.answer = (request) => {
      signal = request.signal;
      return new Promise((resolve) => (release = resolve));
    };
    const open = () => {
      const leave = new AbortController();
      const request = new Request(`${ORIGIN}/tiles/roads/3/0/0`, { signal: leave.signal });
      return { leave, response: cache.handle({ request, address: cache.match(request.url)! }).response };
    };
    const [leader, follower] = [open(), open()];
    await settle();
    leader.leave.abort();
    await settle();
    expect(signal?.aborted).toBe(false);
    release(ok('whole'));
    expect(await (await follower.response).text()).toBe('whole');
  });

  it('makes the worker abort the request to the origin when nobody else waits', async () => {
    world = createWorld();
    cache = world.start();
    let signal: AbortSignal | undefined;
    world.answer = (request) => {
      signal = request.signal;
      return new Promise(() => {});
    };
    const leave = new AbortController();
    const request = new Request(`${ORIGIN}/tiles/roads/3/0/0`, { signal: leave.signal });
    const { response } = cache.handle({ request, address: cache.match(request.url)! });
    await settle();
    leave.abort();
    await settle();
    expect(signal?.aborted).toBe(true);
    expect((await response).status).toBe(504);
    // The next request starts a new flight.
    world.answer = () => ok('tile');
    expect(await (await world.get(cache, '/tiles/roads/3/0/0')).text()).toBe('tile');
  });
});
