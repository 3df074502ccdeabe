import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { createReporter } from '../../src/kiosk/health';
import { parseHealth, type HealthReport } from '../../src/shared/health-schema';
import { fakeClock, request, testOrigin } from './helpers';

const report = (rest: object = {}): HealthReport => ({
  kind: 'health',
  schema: 1,
  id: `h${Math.random()}`,
  name: 'lobby',
  up: 3600,
  oldest: 90,
  missing: 0,
  offline: 0,
  checked: 12,
  storage: { usage: 1000, quota: 5000, persisted: true },
  heals: [{ remedy: 'refresh', count: 2 }],
  errors: 1,
  versions: { roads: 'v1' },
  ...rest,
});

function collector() {
  const clock = fakeClock();
  const { origin } = testOrigin({
    layers: { roads: { version: 'v1' } },
    rum: { rateLimit: { burst: 1e6, perSecond: 1e6 }, kiosks: ['lobby', 'gate'] },
    metrics: { registry: new Registry() },
    now: clock.now,
  });
  const send = async (body: unknown) =>
    (
      await origin.fetch(
        request('/api/rum', {
          method: 'POST',
          body: JSON.stringify(body),
          headers: { 'content-type': 'application/json' },
        }),
      )
    ).status;
  const metrics = async () => (await origin.fetch(request('/metrics'))).text();
  return { send, metrics, clock };
}

const never = () => new Promise<never>(() => {});

describe('reports of kiosks', () => {
  it('become a series for each named kiosk, and count once', async () => {
    const { send, metrics, clock } = collector();
    const first = report();
    expect([await send(first), await send(first)]).toEqual([204, 204]);
    const text = await metrics();
    for (const line of [
      `tile_kiosk_last_seen_timestamp_seconds{kiosk="lobby"} ${clock.now() / 1000}`,
      'tile_kiosk_up_seconds{kiosk="lobby"} 3600',
      'tile_kiosk_oldest_tile_seconds{kiosk="lobby"} 90',
      'tile_kiosk_heals_total{kiosk="lobby",remedy="refresh"} 2',
      'tile_kiosk_heals_total{kiosk="gate",remedy="reload"} 0',
      'tile_kiosk_errors_total{kiosk="lobby"} 1',
      'tile_kiosk_storage_persisted{kiosk="lobby"} 1',
      'tile_rum_beacons_total{outcome="repeated"} 1',
    ])
      expect(text).toContain(line);
    expect(text).not.toContain('tile_kiosk_up_seconds{kiosk="gate"}');
  });

  it('with an unknown name make no series', async () => {
    const { send, metrics } = collector();
    expect(await send(report({ name: 'unknown' }))).toBe(204);
    expect(await metrics()).not.toContain('unknown');
  });

  it('leave unknown values out', async () => {
    const { send, metrics } = collector();
    const { oldest: _, checked: __, storage: ___, ...rest } = report();
    expect(await send(rest)).toBe(204);
    expect(await metrics()).not.toContain('tile_kiosk_oldest_tile_seconds{');
  });

  it.each([
    [{ up: -1 }, 'up'],
    [{ up: NaN }, 'up'],
    [{ schema: 2 }, 'schema'],
    [{ name: 'a\nb' }, 'name'],
    [{ name: undefined }, 'name'],
    [{ heals: [{ remedy: 'explode', count: 1 }] }, 'heals[0].remedy'],
    [{ heals: Array.from({ length: 20 }, () => ({ remedy: 'reload', count: 1 })) }, 'heals'],
    [{ versions: [] }, 'versions'],
    [{ versions: { roads: 'a b' } }, 'versions'],
    [{ storage: { usage: -1 } }, 'storage.usage'],
    [{ storage: { usage: 1, quota: 2 } }, 'storage.persisted'],
    [{ heals: [{ remedy: 'refresh' }] }, 'heals[0].count'],
    [{ heals: [{ count: 1 }] }, 'heals[0].remedy'],
    [{ errors: 1e9 }, 'errors'],
  ])('%j is refused, with the field named', async (rest, field) => {
    expect(() => parseHealth(report(rest))).toThrow(expect.objectContaining({ code: 'INVALID_BEACON', field }));
    expect(await collector().send({ ...report(), ...rest, ...('name' in rest && { name: rest.name ?? null }) })).toBe(
      400,
    );
  });

  it('from a page are valid for the collector, and count from one to the next', async () => {
    let time = 100;
    let offline = false;
    const status = () =>
      ({
        offline,
        checkedAt: 1,
        summary: { age: 30, checked: 5, missing: 2 },
        layers: { roads: { version: 'v1' } },
      }) as never;
    const reporter = createReporter(
      'lobby',
      { status },
      { now: () => time, storage: async () => undefined, sleep: never },
    );
    reporter.healed('reload');
    reporter.failed();
    expect(parseHealth(await reporter.report())).toMatchObject({
      up: 100,
      oldest: 30,
      missing: 2,
      offline: 0,
      heals: [{ remedy: 'reload', count: 1 }],
      errors: 1,
      versions: { roads: 'v1' },
    });
    offline = true;
    expect(await reporter.report()).toMatchObject({ heals: [], errors: 0, offline: 0 });
    time += 60;
    expect(await reporter.report()).toMatchObject({ offline: 60 });
  });

  it('are accepted from a page with hundreds of layers, with the versions of the first hundred', async () => {
    const layers = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`layer-${i}`, { version: 'v1' }]));
    const { report: made } = createReporter(
      'lobby',
      { status: () => ({ offline: false, layers }) as never },
      { now: () => 1, storage: async () => undefined, sleep: never },
    );
    expect(Object.keys(parseHealth(await made()).versions)).toHaveLength(100);
  });

  const status = () => ({ offline: false, layers: {} }) as never;

  it('count a repair by reload, although the reload ends the page', async () => {
    const kept = new Map<string, string>();
    const session = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
    };
    const page = () =>
      createReporter('lobby', { status }, { now: () => 1, storage: never, sleep: async () => {}, session });
    const first = page();
    first.begin();
    first.healed('refresh');
    await first.report();
    first.healed('reload');
    first.failed();
    first.leave();
    const second = page();
    second.begin();
    expect(await second.report()).toMatchObject({ heals: [{ remedy: 'reload', count: 1 }], errors: 1 });
    // It counts once, even if the page returns from the back/forward cache.
    first.begin();
    expect(await first.report()).toMatchObject({ heals: [], errors: 0 });
    for (const text of [
      '{',
      '[]',
      '{"heals":[{"remedy":"x","count":1}],"errors":"2"}',
      '{"heals":[{"remedy":"reload"}]}',
    ]) {
      kept.set('tile-cache-health', text);
      const odd = page();
      odd.begin();
      parseHealth(await odd.report());
    }
  });

  it('include the counts of undelivered reports, up to the collector’s limit', async () => {
    const reporter = createReporter(
      'lobby',
      { status },
      { now: () => 1, storage: async () => undefined, sleep: never },
    );
    reporter.healed('update');
    reporter.failed();
    reporter.lost(await reporter.report());
    reporter.healed('update');
    const report = await reporter.report();
    expect(report).toMatchObject({ heals: [{ remedy: 'update', count: 2 }], errors: 1 });
    for (let i = 0; i < 3; i += 1) reporter.lost({ heals: [{ remedy: 'update', count: 99_000 }], errors: 99_000 });
    parseHealth(await reporter.report());
  });

  it('are made while storage hangs', async () => {
    const reporter = createReporter('lobby', { status }, { now: () => 1, storage: never, sleep: async () => {} });
    expect(parseHealth(await reporter.report())).not.toHaveProperty('storage');
  });
});
