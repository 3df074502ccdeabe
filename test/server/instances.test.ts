import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createMemoryVersionStore, type VersionStore } from '../../server/versions/version-store';
import { fakeClock, publishRequest, request, testOrigin } from './helpers';
import { rumBatch } from './rum-batch';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Two instances that share a store; each is scraped separately. */
function two(store: VersionStore = createMemoryVersionStore()) {
  const clock = fakeClock();
  const instances = [0, 1].map(() => {
    const { origin } = testOrigin({
      store,
      layers: { roads: { version: 'v1' } },
      rum: { rateLimit: { burst: 1e6, perSecond: 1e6 }, kiosks: ['hall'] },
      metrics: { registry: new Registry() },
      now: clock.now,
      publish: {
        token: 'a-token-for-tests-only',
        purgers: [{ name: 'cdn', purge: () => Promise.reject(new Error()) }],
      },
    });
    return origin;
  });
  const send = (to: number, body: object) =>
    instances[to]!.fetch(
      request('/api/rum', {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    );
  /** Returns the series' value at each instance, as Prometheus would scrape it. */
  const each = (series: string) =>
    Promise.all(
      instances.map(async (origin) => {
        const text = await (await origin.fetch(request('/metrics'))).text();
        const line = text.split('\n').find((one) => one.startsWith(`${series} `));
        return line === undefined ? 0 : Number(line.slice(series.length + 1));
      }),
    );
  const sum = async (series: string) => (await each(series)).reduce((a, b) => a + b, 0);
  const settle = () => vi.advanceTimersByTimeAsync(1000);
  return { instances, send, each, sum, settle, clock };
}

const tilesSeen = 'tile_requests_total{layer="roads",zoom="10",zoom_band="9-12",status="hit"}';

describe('the metrics of two instances behind a balancer', () => {
  it('sum to the number of page views, whichever instance got their beacons', async () => {
    const { send, sum, settle } = two();
    for (let round = 0; round < 4; round++) {
      for (let view = 0; view < 5; view++)
        await send(
          (round + view) % 2,
          rumBatch({ session: `s${view}`, sentAt: 1000 + round, versions: { roads: view < 2 ? 'v0' : 'v1' } }),
        );
      await settle();
      expect([
        await sum('tile_clients{layer="roads",state="old"}'),
        await sum('tile_clients{layer="roads",state="current"}'),
      ]).toEqual([2, 3]);
    }
    // Each event counts at the instance that handled it: none twice, none lost.
    expect(await sum(tilesSeen)).toBe(20);
  });

  it('count a page view once even if both instances got it before either told the other', async () => {
    for (const [first, second] of [
      [5, 5],
      [5, 6],
      [6, 5],
    ] as const) {
      const { send, sum, settle } = two();
      await send(0, rumBatch({ session: 's', sentAt: first, versions: { roads: 'v1' } }));
      await send(1, rumBatch({ session: 's', sentAt: second, versions: { roads: 'v1' } }));
      await settle();
      expect(await sum('tile_clients{layer="roads",state="current"}')).toBe(1);
    }
  });

  it('count a beacon once even if it is sent again to the other instance', async () => {
    const { instances, send, sum, settle } = two();
    await Promise.all(instances.map((origin) => origin.ready()));
    const beacon = rumBatch({ versions: { roads: 'v1' } });
    await send(0, beacon);
    await settle();
    await send(1, beacon);
    expect([await sum(tilesSeen), await sum('tile_rum_beacons_total{outcome="repeated"}')]).toEqual([1, 1]);
  });

  it('show a kiosk’s state at the instance that got its last report', async () => {
    const { send, each, settle, clock } = two();
    const report = (id: string, missing: number) => ({
      ...{
        kind: 'health',
        schema: 1,
        id,
        name: 'hall',
        up: 1,
        missing,
        offline: 0,
        heals: [],
        errors: 1,
        versions: {},
      },
    });
    await send(0, report('a', 7));
    await settle();
    clock.advance(60);
    await send(1, report('b', 0));
    await settle();
    expect(await each('tile_kiosk_missing_tiles{kiosk="hall"}')).toEqual([0, 0]);
    expect(await each('tile_kiosk_errors_total{kiosk="hall"}')).toEqual([1, 1]);
    clock.advance(60);
    await send(0, report('c', 3));
    await settle();
    expect(await each('tile_kiosk_missing_tiles{kiosk="hall"}')).toEqual([3, 0]);
  });

  it('sum to the number of publications, and each instance shows the state of the shared store', async () => {
    const { instances, each, sum } = two();
    await instances[0]!.fetch(publishRequest({ layer: 'roads', version: 'v2' }));
    await instances[1]!.fetch(publishRequest({ layer: 'roads', version: 'v3' }));
    expect(await sum('tile_publications_total{layer="roads",outcome="failed"}')).toBe(2);
    // For these series, the documentation aggregates with max.
    for (const series of [
      'tile_purges_outstanding{layer="roads",edge="cdn"}',
      'tile_layer_info{layer="roads",preset="none"}',
    ])
      expect(await each(series)).toEqual([1, 1]);
    const [first, second] = await each('tile_layer_revision{layer="roads"}');
    expect([first, first! > 0]).toEqual([second, true]);
  });

  it('stay right with garbage on the channel, and with a store that sends no messages', async () => {
    const store = createMemoryVersionStore();
    const { send, sum, settle } = two({
      ...store,
      news: { ...store.news!, tell: () => Promise.reject(new Error('gone')) },
    });
    await send(0, rumBatch({ session: 's', versions: { roads: 'v1' } }));
    for (const said of [
      '',
      'null',
      '[]',
      '{"from":1,"beacons":[]}',
      '{"from":"x","beacons":[null,1,{"id":1},{"id":"a","at":1e99,"of":null},{"id":"a","at":1,"of":{}}]}',
    ])
      await store.news!.tell(said);
    await settle();
    expect(await sum('tile_clients{layer="roads",state="current"}')).toBe(1);
  });
});
