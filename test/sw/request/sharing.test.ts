import { describe, expect, it } from 'vitest';
import { createWorld } from '../fakes/world';

const URL_1 = '/tiles/roads/3/1/2.png';
const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('a shared request', () => {
  it('continues for the page to which the body streams when a waiting page leaves', async () => {
    const world = createWorld();
    let controller!: ReadableStreamDefaultController<Uint8Array>;
    let signal!: AbortSignal;
    world.answer = (request) => {
      ({ signal } = request);
      const body = new ReadableStream<Uint8Array>({ start: (own) => void (controller = own) });
      return new Response(body, {
        headers: { 'content-type': 'application/octet-stream', 'cache-control': 'max-age=60' },
      });
    };
    const cache = world.start();
    const ask = (init?: RequestInit) => {
      const request = new Request(`https://map.example${URL_1}`, init);
      return cache.handle({ request, address: cache.match(request.url)!, clientId: 'page' });
    };
    const leader = ask();
    const shown = await leader.response;
    const gone = new AbortController();
    const follower = ask({ signal: gone.signal });
    await turn();
    gone.abort();
    await turn();
    expect(signal.aborted).toBe(false);
    controller.enqueue(new TextEncoder().encode('tile'));
    controller.close();
    expect(await shown.text()).toBe('tile');
    await Promise.all([leader.done, follower.done]);
  });

  it('for a body that is too large to store is sent by each page', async () => {
    const world = createWorld();
    world.answer = () =>
      new Response('large', {
        headers: {
          'content-type': 'application/octet-stream',
          'content-length': String(40 * 2 ** 20),
          'cache-control': 'max-age=60',
        },
      });
    const cache = world.start();
    const all = await Promise.all([world.get(cache, URL_1), world.get(cache, URL_1)]);
    expect(await Promise.all(all.map((response) => response.text()))).toEqual(['large', 'large']);
  });

  it.each([
    ['', URL_1.replace('png', 'bin')],
    [' although none of them is a tile', URL_1],
  ])('that varies on a header is asked for once a variant%s', async (_, url) => {
    const world = createWorld();
    world.answer = async ({ headers }) => {
      await turn();
      return new Response(`style ${headers.get('x-style')}`, {
        headers: { 'content-type': 'application/octet-stream', 'cache-control': 'max-age=60', vary: 'X-Style' },
      });
    };
    const cache = world.start();
    const styles = ['a', 'b', 'b', 'c', 'b', 'c', 'a', 'c'];
    const all = await Promise.all(styles.map((style) => world.get(cache, url, { headers: { 'x-style': style } })));
    expect(await Promise.all(all.map((response) => response.text()))).toEqual(styles.map((style) => `style ${style}`));
    expect(world.asked.map(({ headers }) => headers.get('x-style')).sort()).toEqual(['a', 'b', 'c']);
  });

  it('that varies on what a worker cannot see is not waited for in a row', async () => {
    const world = createWorld();
    world.answer = async () => {
      await turn();
      return new Response('tile', {
        headers: { 'content-type': 'application/octet-stream', 'cache-control': 'max-age=60', vary: 'Cookie' },
      });
    };
    const cache = world.start();
    const all = await Promise.all(
      Array.from({ length: 24 }, () => world.get(cache, URL_1, { credentials: 'include' })),
    );
    expect(all.map(({ status }) => status)).toEqual(Array(24).fill(200));
  });
});

describe('a Range for a tile that has to be validated', () => {
  it('is answered with the range', async () => {
    const world = createWorld();
    const cache = world.start();
    await world.get(cache, URL_1);
    world.clock.now += 90_000;
    const part = await world.get(cache, URL_1, { headers: { range: 'bytes=0-1' } });
    expect([part.status, await part.text()]).toEqual([206, 'ti']);
  });
});

describe('a request that its page aborts', () => {
  it('is not counted as an error', async () => {
    const world = createWorld();
    world.answer = (request) =>
      new Promise((_, reject) => request.signal.addEventListener('abort', () => reject(new Error('aborted'))));
    const cache = world.start();
    const gone = new AbortController();
    const request = new Request(`https://map.example${URL_1}`, { signal: gone.signal });
    const { response, done } = cache.handle({ request, address: cache.match(request.url)!, clientId: 'page' });
    await turn();
    gone.abort();
    await response;
    await done;
    expect(JSON.stringify(world.posted)).not.toContain('"error"');
  });
});

describe('Age', () => {
  it('does not count the wait for a free slot', async () => {
    const world = createWorld();
    const release: Array<() => void> = [];
    world.answer = () =>
      new Promise((resolve) =>
        release.push(() =>
          resolve(
            new Response('tile', {
              headers: { 'content-type': 'application/octet-stream', 'cache-control': 'max-age=60' },
            }),
          ),
        ),
      );
    const cache = world.start({ layers: { roads: { concurrency: 1 } } });
    const first = world.get(cache, '/tiles/roads/3/1/1.png');
    const second = world.get(cache, URL_1);
    const sent = async (count: number) => {
      while (release.length < count) await turn();
    };
    await sent(1);
    await turn();
    world.clock.now += 30_000;
    release[0]!();
    await first;
    await sent(2);
    release[1]!();
    expect((await second).headers.get('age')).toBe('0');
  });
});
