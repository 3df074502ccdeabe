import { describe, expect, it } from 'vitest';
import { createEdge, windowsOf } from '../../docs/edge/cloudflare-worker';

/** The zone's cache (which drops expired entries), an origin, and the script between them. */
function zone(options: { control?: string; headers?: Record<string, string> } = {}) {
  let at = Date.UTC(2026, 0, 1);
  const entries = new Map<string, { response: Response; until: number }>();
  const origin = {
    content: 'old',
    status: 200,
    asked: [] as Request[],
    away: false,
    gate: undefined as Promise<void> | undefined,
  };
  const work: Array<Promise<unknown>> = [];
  const edge = createEdge({
    now: () => at,
    cache: {
      async match({ url }) {
        const entry = entries.get(url);
        return entry && entry.until > at ? entry.response.clone() : undefined;
      },
      async put({ url }, response) {
        const seconds = Number(/max-age=(\d+)/.exec(response.headers.get('cache-control')!)![1]);
        const body = await response.arrayBuffer();
        entries.set(url, {
          response: new Response(body.byteLength > 0 ? body : null, response),
          until: at + seconds * 1000,
        });
      },
    },
    async fetch(request) {
      origin.asked.push(request);
      await origin.gate;
      if (origin.away) throw new TypeError('away');
      const etag = `"${origin.content}"`;
      const headers = {
        etag,
        'cache-control': options.control ?? 'public, max-age=10, stale-while-revalidate=20, stale-if-error=100',
        'x-tile-version': origin.content,
        'cache-tag': 'layer:roads',
        ...options.headers,
      };
      if (request.headers.get('if-none-match') === etag && origin.status === 200)
        return new Response(null, { status: 304, headers });
      return new Response(origin.content, { status: origin.status, headers });
    },
  });
  const ask = async (path = '/tiles/roads/1/0/0.pbf', init: RequestInit = {}) => {
    const response = await edge(new Request(`https://tiles.test${path}`, init), (each) => void work.push(each));
    return {
      status: response.status,
      body: await response.text(),
      headers: response.headers,
      how: response.headers.get('cache-status')?.replace('cloudflare-worker; ', ''),
    };
  };
  return {
    ask,
    origin,
    entries,
    settle: () => Promise.all(work.splice(0)),
    pass: (seconds: number) => void (at += seconds * 1000),
  };
}

describe('the script for Cloudflare Workers', () => {
  it('follows the tile’s windows: fresh, then stale during validation, then waiting for the origin', async () => {
    const { ask, origin, pass, settle } = zone();
    expect(await ask()).toMatchObject({ body: 'old', how: 'fwd=miss' });
    pass(9);
    const hit = await ask();
    expect([hit.body, hit.how, hit.headers.get('age'), hit.headers.get('x-tile-version')]).toEqual([
      'old',
      'hit',
      '9',
      'old',
    ]);
    // Pages get the tile's own lifetime, not the zone's, and no tags.
    expect([hit.headers.get('cache-control'), hit.headers.get('cache-tag')]).toEqual([
      'public, max-age=10, stale-while-revalidate=20, stale-if-error=100',
      null,
    ]);
    expect(origin.asked).toHaveLength(1);
    origin.content = 'new';
    pass(10);
    expect(await ask()).toMatchObject({ body: 'old', how: 'hit; detail=stale-while-revalidate' });
    await settle();
    expect(await ask()).toMatchObject({ body: 'new', how: 'hit' });
    pass(31);
    origin.content = 'newer';
    expect(await ask()).toMatchObject({ body: 'newer', how: 'fwd=stale' });
  });

  it('validates with the ETag, and a 304 makes the tile fresh again', async () => {
    const { ask, origin, pass } = zone();
    await ask();
    pass(50);
    expect(await ask()).toMatchObject({ status: 200, body: 'old', how: 'fwd=stale' });
    expect(origin.asked.map((request) => request.headers.get('if-none-match'))).toEqual([null, '"old"']);
    pass(5);
    expect(await ask()).toMatchObject({ body: 'old', how: 'hit' });
  });

  it.each([
    ['refuses', { away: true }],
    ['fails', { status: 503 }],
  ])('serves a tile within stale-if-error while the origin %s, and stores no failure', async (_, fault) => {
    const { ask, origin, pass } = zone();
    await ask();
    Object.assign(origin, fault);
    pass(60);
    expect(await ask()).toMatchObject({ status: 200, body: 'old', how: 'fwd=stale; detail=stale-if-error' });
    pass(51);
    expect((await ask()).status).toBeGreaterThanOrEqual(500);
    Object.assign(origin, { away: false, status: 200, content: 'back' });
    expect(await ask()).toMatchObject({ status: 200, body: 'back' });
  });

  it('sends one request for many', async () => {
    const { ask, origin } = zone();
    let open!: () => void;
    origin.gate = new Promise((resolve) => (open = resolve));
    const all = Array.from({ length: 20 }, () => ask());
    await new Promise((resolve) => setImmediate(resolve));
    open();
    expect((await Promise.all(all)).map(({ body }) => body)).toEqual(Array(20).fill('old'));
    expect(origin.asked).toHaveLength(1);
  });

  it.each<[string, Parameters<typeof zone>[0]]>([
    ['variants', { headers: { vary: 'Origin' } }],
    ['a cookie', { headers: { 'set-cookie': 'session=1' } }],
    ['private', { control: 'max-age=60, private' }],
  ])('asks for each of those that wait together: %s', async (_, options) => {
    const { ask, origin } = zone(options);
    let open!: () => void;
    origin.gate = new Promise((resolve) => (open = resolve));
    const all = ['https://a.test', 'https://b.test'].map((page) => ask(undefined, { headers: { 'x-page': page } }));
    await new Promise((resolve) => setImmediate(resolve));
    open();
    await Promise.all(all);
    expect(origin.asked.map(({ headers }) => headers.get('x-page'))).toEqual(['https://a.test', 'https://b.test']);
  });

  it('separates versions in URLs, and keeps the zone’s purge tags', async () => {
    const { ask, origin, entries } = zone();
    await ask('/tiles/roads/1/0/0.pbf?v=1');
    origin.content = 'new';
    expect((await ask('/tiles/roads/1/0/0.pbf?v=2')).body).toBe('new');
    expect([...entries.values()].map(({ response }) => response.headers.get('cache-tag'))).toEqual([
      'layer:roads',
      'layer:roads',
    ]);
    // The zone's purge.
    entries.clear();
    expect(await ask('/tiles/roads/1/0/0.pbf?v=1')).toMatchObject({ body: 'new', how: 'fwd=miss' });
  });

  it.each<[string, Parameters<typeof zone>[0], RequestInit | undefined, string | undefined]>([
    ['no-store', { control: 'no-store' }, undefined, undefined],
    ['private', { control: 'private, max-age=60' }, undefined, undefined],
    ['no lifetime', { control: 'public' }, undefined, undefined],
    ['a cookie', { headers: { 'set-cookie': 'a=b' } }, undefined, undefined],
    ['variants', { headers: { vary: 'Origin' } }, undefined, undefined],
    ['a private request', {}, { headers: { authorization: 'Bearer x' } }, undefined],
    ['a range', {}, { headers: { range: 'bytes=0-1' } }, undefined],
    ['another method', {}, { method: 'POST' }, undefined],
    ['another path', {}, undefined, '/api/tile-version'],
  ])('does not store %s', async (_, options, init, path) => {
    const { ask, origin, entries } = zone(options);
    await ask(path, init);
    await ask(path, init);
    expect([origin.asked.length, entries.size]).toEqual([2, 0]);
  });

  it('forwards no cookie, and parses directives correctly', async () => {
    const { ask, origin } = zone();
    await ask(undefined, { headers: { cookie: 'session=1' } });
    expect(origin.asked[0]!.headers.get('cookie')).toBeNull();
    expect(windowsOf('Public, S-MaxAge="60", max-age=5, stale-if-error=9, must-revalidate')).toEqual({
      fresh: 60,
      whileRevalidate: 0,
      ifError: 0,
    });
    expect(windowsOf('max-age=1e9')).toBeUndefined();
    expect(windowsOf(null)).toBeUndefined();
  });
});
