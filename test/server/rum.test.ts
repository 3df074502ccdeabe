import { gzipSync } from 'node:zlib';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { zoomBand } from '../../server/rum/tile-metrics';
import type { TileOriginOptions } from '../../server/tile-origin';
import {
  AGE_BOUNDS,
  emptyHistogram,
  observe,
  type RumBatch,
  type RumTiles,
  VALIDATION_BOUNDS,
} from '../../src/shared/rum-schema';
import { fakeClock, publishRequest, request, testOrigin } from './helpers';
import { rumBatch } from './rum-batch';

let ids = 0;

function tiles(rest: Partial<RumTiles> & { ages?: number[]; took?: number[] } = {}): RumTiles {
  const { ages = [1], took = [], ...fields } = rest;
  const age = emptyHistogram(AGE_BOUNDS);
  const validations = emptyHistogram(VALIDATION_BOUNDS);
  for (const a of ages) observe(age, AGE_BOUNDS, a);
  for (const t of took) observe(validations, VALIDATION_BOUNDS, t);
  return {
    layer: 'roads',
    zoom: 10,
    status: 'hit',
    count: ages.length,
    ageBuckets: age.buckets,
    ageSum: age.sum,
    ageMax: Math.max(0, ...ages),
    staleServed: 0,
    validations,
    errors: 0,
    ...fields,
  };
}

function batch(rest: Partial<RumBatch> = {}): RumBatch {
  ids += 1;
  return {
    schema: 1,
    id: `b${ids}`,
    session: `s${ids}`,
    sentAt: 1,
    page: '/',
    sample: 1,
    tiles: [],
    versions: {},
    ...rest,
  };
}

function beacon(body: unknown, headers: Record<string, string> = {}) {
  const raw = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  return request('/api/rum', {
    method: 'POST',
    body: raw as BodyInit,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

function collector(rum: TileOriginOptions['rum'] = {}) {
  const clock = fakeClock();
  const { origin } = testOrigin({
    layers: { roads: { version: 'v1' }, pois: { version: 'p1' } },
    rum: { rateLimit: { burst: 1e6, perSecond: 1e6 }, ...rum },
    metrics: { registry: new Registry() },
    now: clock.now,
  });
  const send = (body: unknown, headers = {}, address?: string) => origin.fetch(beacon(body, headers), { address });
  const metrics = async () => (await origin.fetch(request('/metrics'))).text();
  const value = async (series: string) => {
    const line = (await metrics()).split('\n').find((text) => text.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.slice(series.length + 1));
  };
  return { origin, clock, send, metrics, value };
}

describe('the collector', () => {
  it('counts by layer and zoom band, under the promised names', async () => {
    const { send, metrics } = collector();
    await send(
      batch({
        tiles: [
          tiles({ ages: [1, 20, 400] }),
          tiles({ status: 'stale', ages: [4000, 5000], staleServed: 2, took: [80, 120], mismatches: 1, bytes: 900 }),
          tiles({ status: 'revalidated', ages: [0], took: [300] }),
          tiles({ status: 'miss', zoom: 3, ages: [0, 0], bytes: 24_000 }),
          tiles({ status: 'error', ages: [], count: 1, errors: 3, zoom: null }),
        ],
        vitals: [
          { name: 'LCP', value: 1200, cacheStatus: 'none', tile: { layer: 'roads', status: 'hit', age: 1 } },
          { name: 'CLS', value: 0.2, cacheStatus: 'miss' },
        ],
      }),
    );
    const text = await metrics();
    for (const line of [
      'tile_cache_hits_total{layer="roads",zoom="10",zoom_band="9-12"} 5',
      'tile_cache_misses_total{layer="roads",zoom="10",zoom_band="9-12"} 1',
      'tile_cache_misses_total{layer="roads",zoom="3",zoom_band="0-4"} 2',
      'tile_stale_served_total{layer="roads",zoom="10",zoom_band="9-12"} 2',
      'tile_background_revalidations_total{layer="roads",zoom="10",zoom_band="9-12"} 2',
      'tile_version_mismatch_total{layer="roads",zoom="10",zoom_band="9-12"} 1',
      'tile_network_bytes_total{layer="roads",zoom="10",zoom_band="9-12"} 900',
      'tile_network_bytes_total{layer="roads",zoom="3",zoom_band="0-4"} 24000',
      'tile_origin_errors_total{layer="roads",zoom="none",zoom_band="none"} 3',
      'tile_requests_total{layer="roads",zoom="10",zoom_band="9-12",status="revalidated"} 1',
      'tile_revalidation_latency_seconds_bucket{layer="roads",zoom="10",zoom_band="9-12",le="0.1"} 1',
      'tile_revalidation_latency_seconds_bucket{layer="roads",zoom="10",zoom_band="9-12",le="+Inf"} 3',
      'tile_revalidation_latency_seconds_sum{layer="roads",zoom="10",zoom_band="9-12"} 0.5',
      'tile_age_seconds_bucket{layer="roads",zoom="10",zoom_band="9-12",le="60"} 3',
      'tile_age_seconds_count{layer="roads",zoom="10",zoom_band="9-12"} 6',
      'tile_age_seconds_sum{layer="roads",zoom="10",zoom_band="9-12"} 9421',
      'tile_web_vital_seconds_bucket{name="LCP",cache_status="hit",layer="roads",le="1.8"} 1',
      'tile_web_vital_cls_sum{name="CLS",cache_status="miss",layer="none"} 0.2',
    ])
      expect(text.split('\n')).toContain(line);
  });

  it('takes text/plain, gzip, and each id once', async () => {
    const { send, value } = collector();
    const one = batch({ tiles: [tiles()] });
    expect((await send(one, { 'content-type': 'text/plain;charset=UTF-8' })).status).toBe(204);
    expect((await send(gzipSync(JSON.stringify(one)), { 'content-encoding': 'gzip' })).status).toBe(204);
    expect(await value('tile_cache_hits_total{layer="roads",zoom="10",zoom_band="9-12"}')).toBe(1);
    expect(await value('tile_rum_beacons_total{outcome="repeated"}')).toBe(1);
  });

  it('forgets the oldest ids to bound its memory', async () => {
    const { send, value } = collector({ maxIds: 2 });
    for (const id of ['a', 'b', 'c', 'a', 'c']) await send(batch({ id, tiles: [tiles()] }));
    expect(await value('tile_cache_hits_total{layer="roads",zoom="10",zoom_band="9-12"}')).toBe(4);
  });

  it.each<[number, string, unknown, Record<string, string>]>([
    [400, 'tiles[0].ageSum', batch({ tiles: [tiles({ ageSum: -1 })] }), {}],
    [400, 'tiles[0].ageMax', batch({ tiles: [tiles({ ageMax: 1e12 })] }), {}],
    [400, 'sentAt', { ...batch(), sentAt: null }, {}],
    // A forged beacon: 55 kB that count a million answers in each entry.
    [
      400,
      'tiles[0].count',
      batch({
        tiles: Array.from({ length: 240 }, (_, zoom) =>
          tiles({ zoom: zoom % 30, status: 'error', ages: [], count: 1e6 }),
        ),
      }),
      {},
    ],
    [400, 'tiles[1]', batch({ tiles: [tiles(), tiles()] }), {}],
    [
      400,
      'tiles',
      batch({
        tiles: Array.from({ length: 30 }, (_, zoom) => tiles({ zoom, status: 'error', ages: [], count: 1000 })),
      }),
      {},
    ],
    [400, 'body', '{"schema":1,"sentAt":NaN}', {}],
    [400, 'body', 'x', { 'content-encoding': 'gzip' }],
    [400, 'body', 'x', { 'content-encoding': 'br' }],
    [413, 'body', 'x'.repeat(65_537), {}],
    [413, 'body', gzipSync(Buffer.alloc(50_000_000)), { 'content-encoding': 'gzip' }],
    [415, 'Content-Type', batch(), { 'content-type': 'application/x-www-form-urlencoded' }],
  ])('answers %i and names %s', async (status, field, body, headers) => {
    const { send, value } = collector();
    const response = await send(body, headers);
    expect([response.status, (await response.json()).error.field]).toEqual([status, field]);
    expect(await value('tile_rum_beacons_total{outcome="refused"}')).toBe(1);
    expect(await value('tile_rum_beacons_total{outcome="accepted"}')).toBe(0);
  });

  it('makes no new series from unknown layers, zooms and regions', async () => {
    const { send, metrics } = collector({ regions: ['eu'] });
    await send(batch({ region: 'eu', tiles: [tiles()] }));
    const before = (await metrics()).split('\n').length;
    await send(batch({ region: 'moon', tiles: [tiles({ layer: 'bomb-0', zoom: 29 })], versions: { 'bomb-0': 'x' } }));
    const grown = (await metrics()).split('\n').length;
    for (let i = 1; i < 100; i++) {
      await send(
        batch({
          region: `r${i}`,
          tiles: [tiles({ layer: `bomb-${i}`, zoom: 23 + (i % 77) })],
          versions: { [`bomb-${i}`]: 'x' },
        }),
      );
    }
    const text = await metrics();
    expect(text.split('\n').length).toBe(grown);
    expect(grown).toBeGreaterThan(before);
    expect(text).toContain('tile_cache_hits_total{layer="other",zoom="other",zoom_band="other",region="other"} 100');
    expect(text).not.toMatch(/bomb|moon/);
  });

  it('separates the arms of an experiment, and ignores unknown names', async () => {
    const { send, metrics, value } = collector({ experiments: ['swr-on', 'swr-off'] });
    const at = 'layer="roads",zoom="10",zoom_band="9-12"';
    expect(await value(`tile_cache_hits_total{${at},experiment="swr-off"}`)).toBe(0);
    for (const experiment of ['swr-on', 'swr-on', 'swr-off', undefined])
      await send(rumBatch(experiment ? { experiment } : {}));
    for (let i = 0; i < 20; i++) await send(rumBatch({ experiment: `arm-${i}` }));
    const counts = ['swr-on', 'swr-off', 'none', 'other'].map((arm) =>
      value(`tile_cache_hits_total{${at},experiment="${arm}"}`),
    );
    expect(await Promise.all(counts)).toEqual([2, 1, 1, 20]);
    expect(await metrics()).not.toContain('arm-');
    const refused = await send(rumBatch({ experiment: 'x'.repeat(129) }));
    expect([refused.status, (await refused.json()).error.field]).toEqual([400, 'experiment']);
  });

  it('has no label for an experiment that is not configured', async () => {
    const { send, metrics } = collector();
    await send(rumBatch({ experiment: 'swr-on' }));
    expect(await metrics()).not.toContain('experiment');
  });

  it('limits each address separately, and recovers', async () => {
    const { send, clock } = collector({ rateLimit: { burst: 2, perSecond: 0.5 } });
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await send(batch(), {}, '10.0.0.1')).status);
    const limited = await send(batch(), {}, '10.0.0.1');
    expect([...statuses, limited.status, limited.headers.get('retry-after')]).toEqual([204, 204, 429, 429, '2']);
    expect((await send(batch(), {}, '10.0.0.2')).status).toBe(204);
    clock.advance(2);
    expect((await send(batch(), {}, '10.0.0.1')).status).toBe(204);
  });

  it('limits a /64 of IPv6 as one address', async () => {
    const { send } = collector({ rateLimit: { burst: 2, perSecond: 0.5 } });
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push((await send(batch(), {}, `2001:db8:0:7:${i}::${i}`)).status);
    expect(statuses).toEqual([204, 204, 429, 429]);
    expect((await send(batch(), {}, '2001:db8:0:8::1')).status).toBe(204);
  });

  describe('beacons from other origins', () => {
    it('are refused unless configured', async () => {
      const { send, origin } = collector();
      expect((await send(batch(), { origin: 'https://evil.test', 'content-type': 'text/plain' })).status).toBe(403);
      const preflight = await origin.fetch(
        request('/api/rum', { method: 'OPTIONS', headers: { origin: 'https://evil.test' } }),
      );
      expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([403, null]);
      expect((await send(batch(), { origin: 'http://origin.test' })).status).toBe(204);
      expect((await send(batch(), { origin: 'https://public.test', 'sec-fetch-site': 'same-origin' })).status).toBe(
        204,
      );
    });

    it('are accepted from its own page, even if a proxy terminates TLS and the browser sends no Sec-Fetch-Site', async () => {
      const { send } = collector();
      for (const [status, origin] of [
        [204, 'http://origin.test'],
        [204, 'https://origin.test'],
        [403, 'https://origin.test:8443'],
        [403, 'null'],
      ] as const)
        expect([(await send(batch(), { origin })).status, origin]).toEqual([status, origin]);
    });

    it('are accepted from configured origins', async () => {
      const { send, origin } = collector({ origins: ['https://maps.test'] });
      const taken = await send(batch(), { origin: 'https://maps.test' });
      expect([taken.status, taken.headers.get('access-control-allow-origin'), taken.headers.get('vary')]).toEqual([
        204,
        'https://maps.test',
        'Origin',
      ]);
      expect(
        (await origin.fetch(request('/api/rum', { method: 'OPTIONS', headers: { origin: 'https://maps.test' } })))
          .status,
      ).toBe(204);
      expect(() => collector({ origins: ['*'] })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    });
  });

  it('counts which page views have the version in force', async () => {
    const { send, value, origin, clock } = collector();
    for (let i = 0; i < 4; i++) await send(batch({ session: `c${i}`, versions: { roads: 'v1' } }));
    await origin.fetch(publishRequest({ layer: 'roads', version: 'v2' }));
    await send(batch({ session: 'c0', versions: { roads: 'v2' } }));
    expect(await value('tile_clients{layer="roads",state="current"}')).toBe(1);
    expect(await value('tile_clients{layer="roads",state="old"}')).toBe(3);
    clock.advance(299);
    await send(batch({ session: 'c9', versions: { roads: 'v2' } }));
    clock.advance(2);
    expect(await value('tile_clients{layer="roads",state="old"}')).toBe(0);
    expect(await value('tile_clients{layer="roads",state="current"}')).toBe(1);
  });

  it('protects the metrics with a token if one is set', async () => {
    const { origin } = testOrigin({ metrics: { token: 'metrics-token' } });
    expect((await origin.fetch(request('/metrics'))).status).toBe(401);
    const open = await origin.fetch(request('/metrics', { headers: { authorization: 'Bearer metrics-token' } }));
    expect([open.status, open.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/plain')]);
  });

  it('uses the names that OpenMetrics requires in a registry of that format', async () => {
    const registry = new Registry();
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
    const { origin } = testOrigin({ layers: { roads: {} }, rum: {}, metrics: { registry } });
    await origin.fetch(beacon(rumBatch({ versions: {} })));
    for (const _scrape of ['first', 'second']) {
      const response = await origin.fetch(request('/metrics'));
      expect(response.headers.get('content-type')).toContain('application/openmetrics-text');
      const lines = (await response.text()).split('\n');
      expect(lines).toContain('# TYPE tile_rum_beacons counter');
      expect(lines).toContain('tile_rum_beacons_total{outcome="accepted"} 1');
      expect(lines).toContain('tile_streams_refused_total{reason="full"} 0');
      expect(lines).toContain('# TYPE tile_age_seconds histogram');
      expect(lines.filter((line) => line.includes('_total_total'))).toEqual([]);
    }
    expect(origin.clientStats().beacons).toMatchObject({ accepted: 1 });
  });
});

it.each([
  [null, 'none'],
  [0, '0-4'],
  [4, '0-4'],
  [5, '5-8'],
  [12, '9-12'],
  [16, '13-16'],
  [17, '17+'],
  [22, '17+'],
  [23, 'other'],
])('zoom %s lies in band %s', (zoom, band) => expect(zoomBand(zoom)).toBe(band));
