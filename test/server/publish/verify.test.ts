import { describe, expect, it, vi } from 'vitest';
import { statusFromHeaders } from '../../../server/publish/edge-status';
import { see, type Sight } from '../../../server/publish/sight';
import { verifyEdge } from '../../../server/publish/verify';
import { fakeClock, publishRequest, reportOf, testOrigin, TOKEN } from '../helpers';

describe('the check at the edge', () => {
  const edge = { template: 'https://cdn.test/roads/{z}/{x}/{y}.pbf', zooms: [0, 4] as const };

  /** An edge that keeps answering with the old tile for `holdsFor` seconds after the publication. */
  function setUp(holdsFor: number, verify = {}) {
    const clock = fakeClock();
    const heldUntil = clock.at + holdsFor * 1000;
    const cached = new Set<string>();
    const edgeFetch = vi.fn(async (url: string | URL | Request) => {
      const old = clock.at < heldUntil;
      const status = old || cached.has(String(url)) ? 'HIT' : 'MISS';
      if (!old) cached.add(String(url));
      return new Response('', { headers: { 'x-cache': status, 'x-tile-version': old ? 'v1' : 'v2' } });
    });
    const { origin } = testOrigin({
      now: clock.now,
      sleep: clock.sleep,
      fetch: edgeFetch as typeof fetch,
      layers: { roads: { version: 'v1', edge } },
      publish: { token: TOKEN, verify },
    });
    return { origin, edgeFetch };
  }

  it('waits for a MISS, then a HIT, and measures the time', async () => {
    const { origin, edgeFetch } = setUp(2);
    const report = await reportOf(
      origin.fetch(publishRequest({ layer: 'roads', version: 'v2', bbox: [10, 10, 11, 11] })),
    );
    const step = report.steps.at(-2)!;
    expect([step.step, step.ok, step.detail]).toEqual(['verify', true, 'every sample: MISS, then HIT']);
    expect(step.purgeLatency).toBeGreaterThanOrEqual(2);
    expect(step.purgeLatency).toBeLessThan(3.2);
    expect(new Set(edgeFetch.mock.calls.map(([url]) => String(url)))).toEqual(
      new Set([
        'https://cdn.test/roads/0/0/0.pbf',
        'https://cdn.test/roads/2/2/1.pbf',
        'https://cdn.test/roads/4/8/7.pbf',
      ]),
    );
  });

  it('fails after the time limit', async () => {
    const { origin } = setUp(2, { limit: 1 });
    const response = await origin.fetch(publishRequest({ layer: 'roads', version: 'v2' }));
    expect(response.status).toBe(502);
    expect((await reportOf(response)).steps.at(-2)!.detail).toMatch(/the limit is 1 s/);
    expect(await origin.version('roads')).toBe('v2');
  });

  it('gives up if the old tile stays', async () => {
    const { origin } = setUp(1000, { timeout: 5 });
    const report = await reportOf(origin.fetch(publishRequest({ layer: 'roads', version: 'v2' })));
    expect(report.steps.at(-2)!).toMatchObject({
      ok: false,
      detail: expect.stringContaining('the old tile is still there (200, edge hit, version v1)'),
    });
  });
});

describe('a verification', () => {
  interface Told {
    label?: string;
    cache?: string;
    age?: number;
    etag?: string;
    body?: string;
  }

  /** Verifies one sample at an edge that answers each URL as told, the last answer for ever. */
  async function verify(
    answers: Record<string, Told[]>,
    {
      version = 'v2',
      previous = 'v1',
      template = '{z}/{x}/{y}',
      tiles = [{ z: 0, x: 0, y: 0 }],
      before = undefined as Array<Sight | undefined> | undefined,
    } = {},
  ) {
    const clock = fakeClock();
    const left: Record<string, Told[]> = {};
    const fetch = (async (url: string) => {
      const list = (left[url] ??= [...(answers[url] ?? [{}])]);
      const { label, cache, age, etag, body = '' } = list.length > 1 ? list.shift()! : list[0]!;
      return new Response(body, {
        headers: {
          ...(label && { 'x-tile-version': label }),
          ...(cache && { 'x-cache': cache }),
          ...(etag && { etag }),
          ...(age !== undefined && { age: String(age) }),
        },
      });
    }) as unknown as typeof globalThis.fetch;
    return verifyEdge(
      { layer: 'roads', edge: { template }, tiles, version, previous, purgedAt: clock.at, ...(before && { before }) },
      { timeout: 3 },
      { fetch, now: clock.now, sleep: clock.sleep },
    );
  }

  it.each<[string, Told[]]>([
    [
      'MISS, then HIT',
      [
        { label: 'v2', cache: 'MISS' },
        { label: 'v2', cache: 'HIT' },
      ],
    ],
    ['HIT of the new version', [{ label: 'v2', cache: 'HIT' }]],
    ['labels right, no cache seen', [{ label: 'v2' }]],
  ])('reports: %s', async (saw, told) => {
    expect(await verify({ '0/0/0': told })).toMatchObject({ ok: true, detail: `every sample: ${saw}` });
  });

  const was: Sight = {
    ...{ status: 200, label: 'v1', etag: '"a-gzip"', type: 'text/plain', digest: 'of the old tile', bytes: 3 },
    ...{ cache: 'hit', age: 9, tags: [] },
  };

  it('is a failure while one of several caches behind the address has the old tile', async () => {
    const inTurns = Array.from({ length: 40 }, (_, i) => ({ label: i % 2 ? 'v1' : 'v2', cache: 'HIT' }));
    expect(await verify({ '0/0/0': [...inTurns, { label: 'v1', cache: 'HIT' }] })).toMatchObject({ ok: false });
    expect(await verify({ '0/0/0': [...inTurns.slice(0, 9), { label: 'v2', cache: 'HIT' }] })).toMatchObject({
      ok: true,
    });
  });

  it('does not count a tile that lost its version label as new', async () => {
    const placeholder = [{ cache: 'MISS' }, { cache: 'HIT', body: 'a picture that says sorry' }];
    expect(await verify({ '0/0/0': placeholder }, { before: [was] })).toMatchObject({
      ok: false,
      detail: expect.stringContaining('had a version label before'),
    });
  });

  it('ignores the changes of a compressing proxy to an ETag', async () => {
    const { digest } = (await see(
      async () => new Response('old'),
      () => undefined,
    ))!;
    const before = [{ ...was, label: undefined, digest }];
    for (const etag of ['W/"a"', '"a"', '"a-br"'])
      expect(await verify({ '0/0/0': [{ etag, cache: 'HIT', body: 'old' }] }, { before }), etag).toMatchObject({
        ok: false,
      });
  });

  it.each([
    ['TCP_HIT', 'hit'],
    ['TCP_MEM_HIT from a23-1-2-3.deploy.test (AkamaiGHost/9) (-)', 'hit'],
    ['TCP_EXPIRED_MISS', 'miss'],
    ['RefreshHit from cloudfront', 'hit'],
    ['Miss from cloudfront', 'miss'],
    ['HIT from miss.example:3128', 'hit'],
    ['MISS from hit.example:3128', 'miss'],
    ['MISS, HIT', 'hit'],
    ['CONFIG_NOCACHE', 'miss'],
    ['Error from cloudfront', undefined],
  ])('understands X-Cache: %s', (value, status) => {
    expect(statusFromHeaders(new Response('', { headers: { 'x-cache': value } }))).toBe(status);
  });

  it.each([
    ['origin; hit, "an edge"; fwd=uri-miss; stored', 'miss'],
    ['miss.example.com; hit; ttl=30', 'hit'],
  ])('understands Cache-Status: %s', (value, status) => {
    expect(statusFromHeaders(new Response('', { headers: { 'cache-status': value } }))).toBe(status);
  });

  it('is a failure if nothing could be requested', async () => {
    expect(await verify({}, { tiles: [] })).toMatchObject({
      ok: false,
      samples: 0,
      detail: expect.stringContaining('nothing was requested'),
    });
  });

  describe('of versioned URLs', () => {
    const template = '{z}/{x}/{y}?v={version}';
    const fresh = {
      '0/0/0?v=v2': [
        { label: 'v2', cache: 'MISS' },
        { label: 'v2', cache: 'HIT' },
      ],
    };

    it('is a failure while the edge still has the previous version', async () => {
      const result = await verify({ ...fresh, '0/0/0?v=v1': [{ label: 'v1', cache: 'HIT' }] }, { template });
      expect(result).toMatchObject({
        ok: false,
        detail: '0/0/0?v=v1: the old tile is still there (200, edge hit, version v1)',
      });
    });

    it.each<[string, Told]>([
      ['the origin answers with the new tile', { label: 'v2', cache: 'HIT' }],
      ['the origin keeps old versions', { label: 'v1', cache: 'MISS' }],
      ['the origin has none', {}],
    ])('is a success once the edge dropped the old tile and %s', async (_, told) => {
      expect(
        await verify({ ...fresh, '0/0/0?v=v1': [{ label: 'v1', cache: 'HIT' }, told] }, { template }),
      ).toMatchObject({
        ok: true,
        samples: 1,
        detail: 'every sample: MISS, then HIT; the samples of v1 are gone',
        purgeLatency: expect.toSatisfy((seconds: number) => seconds > 0),
      });
    });
  });

  it('does not trust the label if the version was the same before', async () => {
    const same = { previous: 'v2' };
    expect(await verify({ '0/0/0': [{ label: 'v2', cache: 'HIT' }] }, same)).toMatchObject({ ok: false });
    expect(await verify({ '0/0/0': [{ label: 'v2', cache: 'HIT', age: 900 }] }, same)).toMatchObject({ ok: false });
    expect(
      await verify(
        {
          '0/0/0': [
            { label: 'v2', cache: 'MISS' },
            { label: 'v2', cache: 'HIT' },
          ],
        },
        same,
      ),
    ).toMatchObject({ ok: true });
    // Another client fetched the tile again.
    expect(await verify({ '0/0/0': [{ label: 'v2', cache: 'HIT', age: 0 }] }, same)).toMatchObject({ ok: true });
  });
});
