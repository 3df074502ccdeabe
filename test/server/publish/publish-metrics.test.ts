import { Registry } from 'prom-client';
import { describe, expect, it, vi } from 'vitest';
import { purgeFailed, type Purger } from '../../../server/purge/purger';
import { createMemoryVersionStore } from '../../../server/versions/version-store';
import { request, testOrigin, TOKEN } from '../helpers';

function measured() {
  const edge = { broken: true };
  const purger = (name: string, isBroken: () => boolean): Purger => ({
    name,
    purge: async () => {
      clock.advance(2);
      if (isBroken()) throw purgeFailed(name, 'no answer');
      return { requests: 1, retries: 0 };
    },
  });
  const { origin, clock } = testOrigin({
    layers: { roads: { version: 'v1' }, pois: {} },
    metrics: { registry: new Registry() },
    stream: { maxClients: 1 },
    publish: { token: TOKEN, purgers: [purger('good', () => false), purger('bad', () => edge.broken)] },
  });
  const value = async (series: string) => {
    const text = await (await origin.fetch(request('/metrics'))).text();
    const line = text.split('\n').find((each) => each.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.slice(series.length + 1));
  };
  return { origin, clock, edge, value };
}

describe('metrics of publishing', () => {
  it('exist with the value 0 from the start', async () => {
    const { value } = measured();
    for (const series of [
      'tile_publications_total{layer="roads",outcome="ok"}',
      'tile_publications_total{layer="other",outcome="refused"}',
      'tile_purges_failed_total{layer="pois",edge="bad"}',
      'tile_purges_outstanding{layer="pois",edge="bad"}',
      'tile_purges_outstanding{layer="roads",edge="origin"}',
      'tile_publications_unfinished{layer="roads"}',
      'tile_purge_latency_seconds_count{edge="good"}',
      'tile_purge_latency_seconds_bucket{edge="good",le="30"}',
      'tile_verifications_total{layer="roads",outcome="failed"}',
      'tile_streams_refused_total{reason="full"}',
      'tile_streams_refused_total{reason="address"}',
    ])
      expect([series, await value(series)]).toEqual([series, 0]);
  });

  it('show a publication that began and was never announced, as when a process ended', async () => {
    const store = createMemoryVersionStore();
    const hanging = { name: 'hangs', purge: () => new Promise<never>(() => undefined) };
    const options = { store, layers: { roads: { version: 'v1' } } };
    const begun = testOrigin({ ...options, publish: { token: TOKEN, purgers: [hanging] } }).origin;
    void begun.publishNow({ layer: 'roads', version: 'v2' });
    await vi.waitFor(async () => expect((await store.read()).layers.roads?.staged).toBe('v2'));
    const { origin } = testOrigin({ ...options, metrics: { registry: new Registry() } });
    const series = 'tile_publications_unfinished{layer="roads"}';
    const value = async () => (await (await origin.fetch(request('/metrics'))).text()).split(`\n${series} `)[1]?.[0];
    expect(await value()).toBe('1');
    expect(await origin.version('roads')).toBe('v1');
    await origin.publishNow({ layer: 'roads', version: 'v2' });
    expect(await value()).toBe('0');
  });

  it('count publications, purges by edge, and outstanding work', async () => {
    const { origin, edge, value } = measured();
    await origin.publishNow({ layer: 'roads', version: 'v2', id: 'a' });
    expect(await value('tile_publications_total{layer="roads",outcome="failed"}')).toBe(1);
    expect(await value('tile_purges_failed_total{layer="roads",edge="bad"}')).toBe(1);
    expect(await value('tile_purges_failed_total{layer="roads",edge="good"}')).toBe(0);
    expect(await value('tile_purges_outstanding{layer="roads",edge="bad"}')).toBe(1);
    expect(await value('tile_purges_outstanding{layer="roads",edge="good"}')).toBe(0);
    expect(await value('tile_purge_latency_seconds_count{edge="good"}')).toBe(1);
    expect(await value('tile_purge_latency_seconds_count{edge="bad"}')).toBe(0);

    edge.broken = false;
    await origin.publishNow({ layer: 'roads', version: 'v2', id: 'a' });
    expect(await value('tile_purges_outstanding{layer="roads",edge="bad"}')).toBe(0);
    expect(await value('tile_purge_latency_seconds_count{edge="bad"}')).toBe(1);
    expect(await value('tile_purge_latency_seconds_bucket{edge="bad",le="1"}')).toBe(0);
    expect(await value('tile_publications_total{layer="roads",outcome="unchanged"}')).toBe(1);

    await origin.publishNow({ layer: 'a stranger', version: 'v1' });
    expect(await value('tile_publications_total{layer="other",outcome="ok"}')).toBe(1);
    await expect(origin.publishNow({ layer: 'roads', version: 'other', id: 'a' })).rejects.toThrow();
    expect(await value('tile_publications_total{layer="roads",outcome="refused"}')).toBe(1);
  });

  it('count refused streams', async () => {
    const { origin, value } = measured();
    const held = await origin.fetch(request('/api/tile-version/stream'));
    expect((await origin.fetch(request('/api/tile-version/stream'))).status).toBe(503);
    expect(await value('tile_streams_refused_total{reason="full"}')).toBe(1);
    expect(await value('tile_stream_clients')).toBe(1);
    await held.body?.cancel();
    await origin.close();
  });

  it('count beacons from foreign pages', async () => {
    const { origin } = testOrigin({ rum: {}, metrics: { registry: new Registry() } });
    const answer = await origin.fetch(
      request('/api/rum', { method: 'POST', body: '{}', headers: { origin: 'https://elsewhere.example' } }),
    );
    expect(answer.status).toBe(403);
    const text = await (await origin.fetch(request('/metrics'))).text();
    expect(text).toContain('tile_rum_beacons_total{outcome="foreign"} 1\n');
    expect(text).toContain('tile_rum_beacons_total{outcome="accepted"} 0\n');
  });
});
