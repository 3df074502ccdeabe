import { beforeEach, describe, expect, it } from 'vitest';
import { createWorld, ORIGIN, type World } from '../fakes/world';

const turn = () => new Promise((resolve) => setImmediate(resolve));
const settle = async () => {
  for (let i = 0; i < 20; i += 1) await turn();
};

/** A clock whose timers run when a test says so. */
function timers() {
  const waiting = new Set<{ callback: () => void; at: number }>();
  let now = 0;
  return {
    setTimeout(callback: () => void, ms: number) {
      const timer = { callback, at: now + ms };
      waiting.add(timer);
      // What only spreads work over time is not waited for.
      if (ms <= 500) setImmediate(() => waiting.delete(timer) && callback());
      return timer;
    },
    clearTimeout: (timer: never) => void waiting.delete(timer),
    pass(seconds: number) {
      now += seconds * 1000;
      for (const timer of waiting) if (timer.at <= now && waiting.delete(timer)) timer.callback();
    },
  };
}

const STALE_OK = 'max-age=60, stale-if-error=86400';
const ok = (text: string, cacheControl = STALE_OK) =>
  new Response(text, { headers: { 'content-type': 'application/octet-stream', 'cache-control': cacheControl } });

describe('a network that does not answer', () => {
  let world: World;
  let clock: ReturnType<typeof timers>;
  let cache: ReturnType<World['start']>;

  beforeEach(async () => {
    world = createWorld();
    clock = timers();
    cache = world.start({ layers: { roads: { timeout: 10, concurrency: 4 } } }, clock);
    world.answer = () => ok('tile');
    for (let x = 0; x < 8; x += 1) await world.get(cache, `/tiles/roads/3/${x}/0`);
    world.asked.length = 0;
    world.clock.now += 120_000;
    world.answer = () => new Promise(() => {});
  });

  const ask = (path: string) => {
    const request = new Request(`${ORIGIN}${path}`);
    return cache.handle({ request, address: cache.match(request.url)! }).response;
  };

  it('costs one time-out, not one a tile', async () => {
    const first = ask('/tiles/roads/3/0/0');
    await settle();
    clock.pass(10);
    const answered = await first;
    expect(answered.headers.get('cache-status')).toBe('sw-tile-cache; fwd=stale; detail=timeout');
    expect(await answered.text()).toBe('tile');
    // From now on at once, and marked.
    for (let x = 1; x < 8; x += 1) {
      const next = await ask(`/tiles/roads/3/${x}/0`);
      expect(next.headers.get('cache-status')).toMatch(/hit; ttl=-\d+; detail=disconnected/);
    }
    expect(world.asked).toHaveLength(1);
  });

  it('is probed with back-off, and comes back', async () => {
    const first = ask('/tiles/roads/3/0/0');
    await settle();
    clock.pass(10);
    await first;
    world.answer = () => ok('new');
    world.clock.now += 2000;
    await ask('/tiles/roads/3/1/0');
    await settle();
    expect(world.asked).toHaveLength(2);
    const fresh = await world.get(cache, '/tiles/roads/3/2/0');
    expect(await fresh.text()).toBe('new');
    expect(world.posted).toContainEqual({ type: 'TILE_NOTICE', notice: 'offline', layer: 'roads' });
    expect(world.posted).toContainEqual({ type: 'TILE_NOTICE', notice: 'online', layer: 'roads' });
  });

  it('fails what nothing is stored for after the time-out, all of it together', async () => {
    const all = Array.from({ length: 12 }, (_, x) => ask(`/tiles/roads/5/${x}/0`));
    await settle();
    // Four have a slot; the others wait behind them, and start when the first time out.
    expect(world.asked).toHaveLength(4);
    clock.pass(10);
    await settle();
    expect(world.asked).toHaveLength(12);
    clock.pass(10);
    const answers = await Promise.all(all);
    expect(answers.map((answer) => answer.status)).toEqual(Array(12).fill(504));
    expect(answers[0]!.headers.get('cache-status')).toBe('sw-tile-cache; fwd=uri-miss; detail=timeout');
    expect(answers[0]!.headers.get('cache-control')).toBe('no-store');
  });

  it('of one layer does not hold up another', async () => {
    const busy = world.start({ layers: { roads: {}, rivers: {} } }, clock);
    const hung = new Request(`${ORIGIN}/tiles/roads/5/1/1`);
    void busy.handle({ request: hung, address: busy.match(hung.url)! });
    world.answer = () => ok('river');
    expect(await (await world.get(busy, '/tiles/rivers/5/1/1')).text()).toBe('river');
  });
});

describe('one that wants the tile and leaves', () => {
  it('does not fail the others', async () => {
    const world = createWorld();
    const cache = world.start();
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

  it('cancels the request to the origin when nobody is left', async () => {
    const world = createWorld();
    const cache = world.start();
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
    // What comes next starts afresh.
    world.answer = () => ok('tile');
    expect(await (await world.get(cache, '/tiles/roads/3/0/0')).text()).toBe('tile');
  });
});
