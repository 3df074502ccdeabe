import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { LayerOptions } from '../../../src/shared/layer-options';
import { createWorld, ORIGIN } from '../fakes/world';

const TILE = '/tiles/roads/3/4/5';
const FAR = 'https://tiles.example/roads/3/4/5';

/** A worker, and the requests that it sends. */
function world(options: LayerOptions, around: Parameters<ReturnType<typeof createWorld>['start']>[1] = {}) {
  const world = createWorld();
  const sent: Request[] = [];
  world.answer = (request) => {
    sent.push(request);
    const headers = { 'content-type': 'application/octet-stream', 'cache-control': 'max-age=60', etag: '"a"' };
    return request.headers.has('if-none-match')
      ? new Response(null, { status: 304, headers })
      : new Response('tile', { headers });
  };
  return { world, sent, cache: world.start({ layers: { roads: options } }, around) };
}

const integrityOf = (text: string, size = '256') =>
  `sha${size}-${createHash(`sha${size}`).update(text).digest('base64')}`;
/** The value that the origin's answer has. */
const INTACT = integrityOf('tile');

it.each([
  ['purge', [null, null]],
  ['stale', [null, '"a"']],
])(
  'after an invalidation of a part with mode %s, its tiles are requested with the entity tags %j',
  async (mode, tags) => {
    const { world: w, sent, cache } = world({});
    await w.get(cache, TILE);
    const bbox = [-180, -85, 180, 85];
    await cache.message({ type: 'CACHE_INVALIDATE', layer: 'roads', mode, bbox }, undefined);
    await w.get(cache, TILE);
    await cache.settled();
    expect(sent.map(({ headers }) => headers.get('if-none-match'))).toEqual(tags);
  },
);

it.each<[string, RequestInit]>([
  ['Cache-Control: no-store (RFC 9111 section 5.2.1.5)', { headers: { 'cache-control': 'no-store' } }],
  ['the cache mode no-store', { cache: 'no-store' }],
])('the answer to a request with %s is not stored', async (_, init) => {
  const { world: w, sent, cache } = world({});
  expect(await (await w.get(cache, TILE, init)).text()).toBe('tile');
  expect((await w.get(cache, TILE)).headers.get('cache-status')).toContain('fwd=uri-miss');
  expect(sent).toHaveLength(2);
});

const redirect = () => Object.defineProperty(Response.error(), 'type', { value: 'opaqueredirect' });
const opaque = (): Response =>
  Object.defineProperties(Response.error(), { type: { value: 'opaque' }, clone: { value: () => opaque() } });
const image: RequestInit = { mode: 'no-cors', credentials: 'include' };

describe('images of the own origin that are redirected to another host', () => {
  it('are requested with CORS after the first one, and stored', async () => {
    const { world: w, sent, cache } = world({});
    const readable = w.answer;
    w.answer = (request) => {
      const response = readable(request);
      return request.mode === 'no-cors' ? opaque() : response;
    };
    await w.get(cache, TILE, image);
    await w.get(cache, '/tiles/roads/3/4/6', image);
    await w.get(cache, TILE, image);
    expect(sent.map(({ mode, credentials }) => [mode, credentials])).toEqual([
      ['no-cors', 'include'],
      ['cors', 'same-origin'],
      ['cors', 'same-origin'],
    ]);
    for (const url of [TILE, '/tiles/roads/3/4/6'])
      expect((await w.get(cache, url, image)).headers.get('cache-status')).toContain('hit');
  });

  it('load as without a worker if that host has no CORS, and CORS is not tried again after three', async () => {
    const { world: w, cache } = world({});
    w.answer = (request) => {
      if (request.mode === 'no-cors') return opaque();
      throw new TypeError('no CORS');
    };
    for (let y = 0; y < 8; y += 1) expect((await w.get(cache, `/tiles/roads/3/4/${y}`, image)).type).toBe('opaque');
    // Eight images, and three requests more than without a worker.
    expect(w.asked).toHaveLength(11);
  });

  it('of a partition are requested as the page did', async () => {
    const { world: w, cache } = world({ partition: 'ada' });
    const modes: string[] = [];
    w.answer = ({ mode }) => {
      modes.push(mode);
      return opaque();
    };
    for (let y = 0; y < 3; y += 1) await w.get(cache, `/tiles/roads/3/4/${y}`, image);
    expect(modes).toEqual(['no-cors', 'no-cors', 'no-cors']);
  });
});

describe('an image of the own origin', () => {
  it.each([undefined, 'ada'])('is validated by its ETag (partition: %s)', async (partition) => {
    const { world: w, sent, cache } = world(partition === undefined ? {} : { partition });
    await w.get(cache, TILE, { mode: 'no-cors' });
    w.clock.now += 61_000;
    const again = await w.get(cache, TILE, { mode: 'no-cors' });
    expect(again.headers.get('cache-status')).toContain('fwd-status=304');
    expect(sent.map(({ mode, redirect }) => [mode, redirect])).toEqual([
      ['no-cors', 'follow'],
      ['same-origin', 'manual'],
    ]);
    expect(sent[1]!.headers.get('if-none-match')).toBe('"a"');
    expect(sent[1]!.credentials).toBe(sent[0]!.credentials);
  });
});

it('is validated without the page’s integrity value, because a 304 has no body to check', async () => {
  const { world: w, sent, cache } = world({});
  const init = { integrity: INTACT };
  await w.get(cache, TILE, init);
  w.clock.now += 61_000;
  expect((await w.get(cache, TILE, init)).headers.get('cache-status')).toContain('fwd-status=304');
  expect(sent.map(({ integrity }) => integrity)).toEqual(['', '']);
});

describe('a tile that redirects', () => {
  it.each(['cors', 'no-cors'] as const)('is requested without conditional headers from then on (%s)', async (mode) => {
    const { world: w, sent, cache } = world({});
    const { answer } = w;
    w.answer = (request) => {
      const response = answer(request) as Response;
      return request.redirect === 'manual' ? redirect() : response;
    };
    await w.get(cache, TILE, { mode });
    for (let time = 0; time < 3; time += 1) {
      w.clock.now += 61_000;
      const got = await w.get(cache, TILE, { mode });
      expect(await got.text()).toBe('tile');
    }
    // The first validation discovers the redirect. Later ones cost one request each.
    expect(sent.map(({ redirect }) => redirect)).toEqual(['follow', 'manual', 'follow', 'follow', 'follow']);
    expect(sent.filter((one) => one.redirect === 'follow').every((one) => !one.headers.has('if-none-match'))).toBe(
      true,
    );
  });

  it('counts for its whole layer if several redirect', async () => {
    const { world: w, sent, cache } = world({});
    const { answer } = w;
    w.answer = (request) => (request.redirect === 'manual' ? (sent.push(request), redirect()) : answer(request));
    const tiles = Array.from({ length: 10 }, (_, x) => `/tiles/roads/5/${x}/1`);
    for (const tile of tiles) await w.get(cache, tile);
    w.clock.now += 61_000;
    for (const tile of tiles) await w.get(cache, tile);
    expect(sent.filter((one) => one.redirect === 'manual')).toHaveLength(3);
  });
});

describe('a tile of another origin', () => {
  const template = 'https://tiles.example/roads/{z}/{x}/{y}';

  /** A worker whose Content-Security-Policy forbids the host. The browser reports that after the request has failed. */
  function forbidden() {
    let violate: (event: never) => void = () => {};
    const { world: w, cache } = world({ template }, { onViolation: (listener) => void (violate = listener as never) });
    w.answer = () => {
      const event = { blockedURI: FAR, effectiveDirective: 'connect-src', disposition: 'enforce' };
      setImmediate(() => violate(event as never));
      return Promise.reject(new TypeError('Refused to connect'));
    };
    return { w, cache };
  }

  it('is first requested as the browser would, and validated without a header of ours', async () => {
    const { world: w, sent, cache } = world({ template });
    await w.get(cache, FAR, { mode: 'cors' });
    w.clock.now += 61_000;
    await w.get(cache, FAR, { mode: 'cors' });
    expect(sent.map((one) => one.cache)).toEqual(['default', 'no-cache']);
    for (const one of sent) expect([...one.headers.keys()]).toEqual([]);
  });

  it('is requested with CORS and without cookies for an image element', async () => {
    const { world: w, sent, cache } = world({ template });
    await w.get(cache, FAR, { mode: 'no-cors', credentials: 'include' });
    expect(sent.map(({ mode, credentials }) => [mode, credentials])).toEqual([['cors', 'same-origin']]);
    expect((await w.get(cache, FAR, { mode: 'no-cors' })).headers.get('cache-status')).toContain('hit');
  });

  it('of a partition is requested with the user’s cookies', async () => {
    const { world: w, sent, cache } = world({ template, partition: 'ada' });
    await w.get(cache, FAR, { mode: 'no-cors', credentials: 'include' });
    expect(sent.map(({ mode, credentials }) => [mode, credentials])).toEqual([['no-cors', 'include']]);
  });

  // S3 sends CORS headers only to requests with an Origin; Chromium's HTTP cache compares them without.
  it.each(['cors', 'no-cors'] as const)(
    'that the HTTP cache has without CORS headers is requested past it (%s)',
    async (mode) => {
      const { world: w, sent, cache } = world({ template });
      const good = w.answer;
      w.answer = (request) => {
        if (request.mode === 'no-cors') return opaque();
        if (request.cache !== 'default') return good(request);
        sent.push(request);
        return Promise.reject(new TypeError('Failed to fetch'));
      };
      const tiles = Array.from({ length: 8 }, (_, y) => `https://tiles.example/roads/3/4/${y}`);
      const got = await Promise.all(tiles.map((tile) => w.get(cache, tile, { ...image, mode })));
      expect(got.map(({ type }) => type)).toEqual(Array(8).fill('default'));
      // The first image of a host goes past the HTTP cache at once.
      const twice = mode === 'cors' ? 8 : 7;
      expect(sent.map((one) => one.cache).sort()).toEqual([
        ...Array(twice).fill('default'),
        ...Array(8).fill('no-cache'),
      ]);
      expect((await w.get(cache, tiles[5]!, { ...image, mode })).headers.get('cache-status')).toContain('hit');
    },
  );

  it('whose host is gone is requested twice three times, and then once', async () => {
    const { world: w, cache } = world({ template });
    w.answer = () => Promise.reject(new TypeError('Failed to fetch'));
    for (let y = 0; y < 8; y += 1) await w.get(cache, `https://tiles.example/roads/3/4/${y}`, { mode: 'cors' });
    expect(w.asked).toHaveLength(11);
  });

  // nginx adds headers to errors only with `always`.
  describe.each([false, true])('whose host sends its errors without CORS headers (opaque: %s)', (stores) => {
    const begin = async (options: LayerOptions) => {
      const made = world({ template, opaque: stores, ...options });
      const { world: w, cache } = made;
      const good = w.answer;
      await w.get(cache, FAR, image);
      w.clock.now += 61_000;
      const fail = () =>
        void (w.answer = ({ mode }) => (mode === 'cors' ? Promise.reject(new TypeError('CORS')) : opaque()));
      fail();
      const get = async () => {
        const response = await w.get(cache, FAR, image);
        return response.type === 'opaque' ? 'opaque' : response.headers.get('cache-status')!.replace(/^.*?; /, '');
      };
      return {
        w,
        get,
        fail,
        recover: () => void (w.answer = good),
        lose: () => void (w.answer = () => Promise.reject(new TypeError('gone'))),
      };
    };

    it('is shown as stored within stale-if-error, and current once the host is well', async () => {
      const { w, get, lose, recover } = await begin({ staleIfError: 3600 });
      for (let i = 0; i < 4; i += 1) expect(await get()).toBe('fwd=stale; detail=stale-if-error');
      lose();
      expect(await get()).toBe('fwd=stale; detail=network');
      recover();
      expect(await get()).toMatch(/^fwd=stale; fwd-status=200/);
      expect(await get()).toMatch(/^hit/);
      expect(w.posted).not.toContainEqual(expect.objectContaining({ notice: 'opaque' }));
    });

    it('stays stored behind an answer from the store', async () => {
      const { w, get, lose } = await begin({ staleWhileRevalidate: 600, staleIfError: 3600 });
      expect(await get()).toMatch(/^hit; ttl=-/);
      expect(w.posted).toContainEqual({
        type: 'TILE_NOTICE',
        notice: 'validationfailed',
        layer: 'roads',
        detail: 'status',
      });
      w.clock.now += 700_000;
      lose();
      expect(await get()).toBe('fwd=stale; detail=network');
    });

    it('is the answer itself where nothing may stand in, and for each of those who wait for it', async () => {
      const { get } = await begin({});
      expect(await Promise.all([get(), get()])).toEqual(['opaque', 'opaque']);
    });

    it('is the answer after a day: the host has withdrawn CORS', async () => {
      const { w, get } = await begin({ staleIfError: Infinity });
      expect(await get()).toBe('fwd=stale; detail=stale-if-error');
      w.clock.now += 90_000_000;
      expect(await get()).toBe('opaque');
    });
  });

  it('that a Content-Security-Policy forbids is left to the browser, even the first one', async () => {
    const { w, cache } = forbidden();
    const first = await w.get(cache, FAR, { mode: 'no-cors' });
    expect([first.status, first.headers.get('location')]).toEqual([307, FAR]);
    expect(cache.match(FAR)).toBeUndefined();
    expect(cache.match('https://tiles.example/roads/1/0/0')).toBeUndefined();
    expect(w.posted).toContainEqual(
      expect.objectContaining({ notice: 'csp', detail: expect.stringContaining('connect-src') }),
    );
    expect(w.posted).not.toContainEqual(expect.objectContaining({ notice: 'offline' }));
  });

  it('that the worker’s own policy forbids is left to the browser even if no event reports it', async () => {
    let reads = 0;
    let offline = true;
    const policy = async () => {
      reads += 1;
      if (offline) throw new TypeError('offline');
      return "default-src 'self'; img-src *";
    };
    const { world: w, cache } = world({ template }, { policy });
    w.answer = () => Promise.reject(new TypeError('Load failed'));
    // The worker could not read its policy, so this may be any failure.
    expect((await w.get(cache, FAR, { mode: 'no-cors' })).status).toBe(504);
    offline = false;
    const second = await w.get(cache, FAR, { mode: 'no-cors' });
    expect([second.status, second.headers.get('location')]).toEqual([307, FAR]);
    expect(cache.match(FAR)).toBeUndefined();
    expect(w.posted).toContainEqual(expect.objectContaining({ notice: 'csp' }));
    expect(reads).toBe(2);
  });

  it('that fails while the network is switched off, or while the worker’s host hangs, does not wait for the policy', async () => {
    let reads = 0;
    let isOnLine = false;
    const policy = () => {
      reads += 1;
      return new Promise<string>(() => {});
    };
    const setTimeout = (run: () => void, ms: number) => void (ms <= 1000 && setImmediate(run));
    const { world: w, cache } = world({ template }, { policy, onLine: () => isOnLine, setTimeout });
    w.answer = () => Promise.reject(new TypeError('Load failed'));
    expect((await w.get(cache, FAR, { mode: 'no-cors' })).status).toBe(504);
    expect(reads).toBe(0);
    isOnLine = true;
    expect((await w.get(cache, FAR, { mode: 'no-cors' })).status).toBe(504);
    expect(reads).toBe(1);
  });

  it('that the worker’s own policy allows fails as usual, and the worker reads its policy once', async () => {
    let reads = 0;
    const policy = async () => ((reads += 1), `connect-src ${new URL(FAR).origin}`);
    const { world: w, cache } = world({ template }, { policy });
    w.answer = () => Promise.reject(new TypeError('Load failed'));
    for (let i = 0; i < 2; i += 1) expect((await w.get(cache, FAR, { mode: 'no-cors' })).status).toBe(504);
    expect(cache.match(FAR)).toBeDefined();
    expect(reads).toBe(1);
  });

  it.each([
    ['a range', { headers: { range: 'bytes=0-9' } }],
    ['a HEAD', { method: 'HEAD' }],
    ['a request with no-store', { cache: 'no-store' }],
    ['an unsafe request', { method: 'POST', body: 'x' }],
  ] as Array<[string, RequestInit]>)('is left to the browser if %s is the first request', async (_, init) => {
    const { w, cache } = forbidden();
    const first = await w.get(cache, FAR, init);
    expect([first.status, first.headers.get('location')]).toEqual([307, FAR]);
    expect(w.asked).toHaveLength(1);
  });

  it.each([
    ['that is only reported', { disposition: 'report' }],
    ['of another directive', { effectiveDirective: 'img-src' }],
    ['of our own origin', { blockedURI: `${ORIGIN}/x` }],
    ['of inline code', { blockedURI: 'inline' }],
  ])('a violation %s forbids nothing', (_, event) => {
    let violate: (event: never) => void = () => {};
    const { cache } = world(
      { template: [template, '/tiles/roads/*'] },
      { onViolation: (tell) => void (violate = tell as never) },
    );
    violate({ blockedURI: FAR, effectiveDirective: 'connect-src', disposition: 'enforce', ...event } as never);
    expect(cache.match(FAR)).toBeDefined();
    expect(cache.match(`${ORIGIN}${TILE}`)).toBeDefined();
  });
});

describe('a body that does not match the integrity of the page', () => {
  it('replaces no tile, and the next request bypasses the HTTP cache', async () => {
    const { world: w, cache } = world({ staleIfError: 86_400 });
    const intact = w.answer;
    await w.get(cache, TILE);
    w.clock.now += 120_000;
    w.answer = () => new Response('tale', { headers: { 'cache-control': 'max-age=60', etag: '"b"' } });
    const shown = await w.get(cache, TILE, { integrity: INTACT });
    expect(await shown.text()).toBe('tile');
    expect(shown.headers.get('cache-status')).toContain('detail=integrity');
    w.answer = intact;
    const next = await w.get(cache, TILE, { integrity: INTACT });
    expect(await next.text()).toBe('tile');
    expect(w.asked.map((one) => one.cache)).toEqual(['default', 'no-cache', 'reload']);
    expect(w.posted).toContainEqual(expect.objectContaining({ notice: 'refused', detail: 'integrity' }));
  });

  it('is not stored if nothing is stored', async () => {
    const { world: w, cache } = world({});
    const intact = w.answer;
    w.answer = () => new Response('tale', { headers: { 'cache-control': 'max-age=60' } });
    expect(await (await w.get(cache, TILE, { integrity: INTACT })).text()).toBe('tale');
    w.answer = intact;
    for (const said of ['fwd=uri-miss', '; hit']) {
      const next = await w.get(cache, TILE, { integrity: INTACT });
      expect([await next.text(), next.headers.get('cache-status')]).toEqual(['tile', expect.stringContaining(said)]);
    }
  });

  it.each([
    ['the strongest hash counts', `${integrityOf('tale')} ${integrityOf('tile', '512')}`, true],
    ['hashes in any order', `${integrityOf('tale', '384')} ${integrityOf('tile')}`, false],
    ['one of several hashes matches', `${integrityOf('tale')}  ${integrityOf('tile')}?ct=x`, true],
    ['base64url', INTACT.replaceAll('+', '-').replaceAll('/', '_'), true],
    ['unknown algorithms', 'md5-AAAA sha1-AAAA', true],
  ])('%s', async (_, integrity, stored) => {
    const { world: w, cache } = world({});
    await w.get(cache, TILE, { integrity });
    expect((await w.get(cache, TILE)).headers.get('cache-status')?.includes('; hit')).toBe(stored);
  });
});
