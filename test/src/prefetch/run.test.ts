// @vitest-environment node
import { describe, expect, it } from 'vitest';
import type { Binding } from '../../../src/adapters/binding';
import { prefetchTiles } from '../../../src/prefetch/prefetch-tiles';
import type { PrefetchOptions } from '../../../src/prefetch/types';
import { createFakeMap } from './fake-map';

/** A view that is complete, with prefetching begun; nothing has been fetched yet. */
async function begin(options: PrefetchOptions = {}, around: Parameters<typeof createFakeMap>[0] = {}) {
  const fake = createFakeMap(around);
  fake.go({});
  const prefetch = prefetchTiles(fake.binding, options, fake.env);
  return { ...fake, fake, prefetch, ours: () => fake.asked('prefetch') };
}

const tileOf = (url: string) => /(\d+)\/(\d+)\/(\d+)\.png/.exec(url)!.slice(1).map(Number) as [number, number, number];

describe('prefetching', () => {
  it('begins when the view is complete, and stores the ring and tiles further out', async () => {
    const { fake, ours, prefetch, box } = await begin();
    fake.answers((_, by) => (by === 'map' ? { delay: 3000 } : {}));
    fake.go({ center: [-74, 40.7], zoom: 13 });
    await fake.run(2900);
    expect(ours()).toEqual([]);
    await fake.run(8000);
    const { west, north, east, south } = box();
    const zooms = ours().map(({ url }) => tileOf(url)[0]);
    expect(new Set(zooms)).toEqual(new Set([12, 13]));
    for (const [z, x, y] of ours().map(({ url }) => tileOf(url)))
      if (z === 13) expect(x >= west - 2 && x <= east + 1 && y >= north - 2 && y <= south + 1).toBe(true);
    expect(prefetch.status()).toMatchObject({ obstacle: undefined, asked: ours().length, failed: 0 });
    // The requests are marked, so that the worker recognizes prefetches.
    expect(new Set(ours().map(({ purpose }) => purpose))).toEqual(new Set(['prefetch']));
    // Then it is idle: no timer runs.
    expect(fake.clock.pending()).toBe(0);
  });

  it('follows a layer that the page moves to another map', async () => {
    const { fake, ours } = await begin();
    await fake.run(8000);
    expect(fake.listeners.size).toBe(1);
    const before = ours().length;
    // The library removes the layer from one map, and requests its tiles on the other.
    const listeners = new Set<() => void>();
    const onMove = (run: () => void) => (listeners.add(run), () => listeners.delete(run));
    const view = { container: {}, onMove };
    Object.assign(fake.binding, { view: () => view });
    fake.go({ center: [-74, 40.7] });
    await fake.run(8000);
    expect([fake.listeners.size, listeners.size]).toEqual([0, 1]);
    const later = ours().slice(before);
    expect(later.length).toBeGreaterThan(5);
    for (const { url } of later) expect(tileOf(url)[1] / 2 ** tileOf(url)[0]).toBeCloseTo(fake.box().west / 2 ** 12, 1);
  });

  it('stays within its number of parallel requests', async () => {
    const { fake, ours } = await begin({ concurrency: 3 });
    fake.answers((_, by) => ({ never: by === 'prefetch' }));
    await fake.run(5000);
    expect(ours()).toHaveLength(3);
  });

  it('is cancelled when the view moves: requests in flight are aborted, queued ones dropped', async () => {
    const { fake, ours, prefetch } = await begin();
    fake.answers((_, by) => ({ never: by === 'prefetch' }));
    await fake.run(1000);
    expect(ours().map(({ aborted }) => aborted)).toEqual([false, false]);
    expect(prefetch.status().waiting).toBeGreaterThan(5);
    const before = new Set(ours().map(({ url }) => url));
    fake.answers(() => ({}));
    fake.go({ center: [-74, 40.7] });
    expect(ours().map(({ aborted }) => aborted)).toEqual([true, true]);
    await fake.run(5000);
    // All later requests lie around the new view.
    const later = ours().filter(({ url }) => !before.has(url));
    expect(later.length).toBeGreaterThan(5);
    for (const { url } of later) expect(tileOf(url)[1] / 2 ** tileOf(url)[0]).toBeCloseTo(fake.box().west / 2 ** 12, 1);
  });

  it('does not abort requests that the moved view needs', async () => {
    const { fake, ours } = await begin({ parents: 0, concurrency: 1 });
    fake.answers((_, by) => ({ never: by === 'prefetch' }));
    await fake.run(1000);
    const [, x] = tileOf(ours()[0]!.url);
    const { west } = fake.box();
    fake.pan(x < west ? -1 : x > west + 4 ? 1 : 0, tileOf(ours()[0]!.url)[2] < fake.box().north ? -1 : 1);
    expect(ours()[0]!.aborted).toBe(false);
    fake.go({ center: [0, 0] });
    expect(ours()[0]!.aborted).toBe(true);
  });

  it('requests nothing during an obstacle, and continues afterwards', async () => {
    const { fake, ours, prefetch, conditions } = await begin();
    conditions.connection = { saveData: true };
    await fake.run(5000);
    expect(ours()).toEqual([]);
    expect(prefetch.status().obstacle).toBe('save-data');
    conditions.connection = {};
    fake.changed();
    await fake.run(5000);
    const count = ours().length;
    expect(count).toBeGreaterThan(5);
    fake.answers((_, by) => ({ never: by === 'prefetch' }));
    fake.pan(2, 0);
    await fake.run(3000);
    expect(ours().length).toBeGreaterThan(count);
    // A hidden page aborts requests in flight.
    conditions.hidden = true;
    fake.changed();
    expect(
      ours()
        .slice(count)
        .every(({ aborted }) => aborted),
    ).toBe(true);
    fake.answers(() => ({}));
    conditions.hidden = false;
    fake.changed();
    await fake.run(3000);
    expect(
      ours()
        .slice(count)
        .some(({ aborted }) => !aborted),
    ).toBe(true);
  });

  it('respects the user’s data-saving settings', async () => {
    const { fake, ours, conditions } = await begin();
    conditions.network = 'off';
    await fake.run(3000);
    expect(ours()).toEqual([]);
    conditions.network = 'on';
    fake.emitter.emit('status', {} as never);
    await fake.run(3000);
    expect(ours().length).toBeGreaterThan(0);
  });

  it('does not repeat requests for stored tiles until a publication', async () => {
    const { fake, prefetch } = await begin({ share: 10 });
    await fake.run(8000);
    const { asked } = prefetch.status();
    fake.pan(5, 0);
    await fake.run(8000);
    fake.pan(-5, 0);
    await fake.run(300);
    const between = prefetch.status().asked;
    expect(between).toBeGreaterThan(asked);
    await fake.run(8000);
    const back = prefetch.status().asked;
    fake.emitter.emit('versionchange', { layer: 'roads', version: '2', previous: '1' });
    await fake.run(8000);
    expect(prefetch.status().asked).toBeGreaterThan(back);
    const again = prefetch.status().asked;
    fake.emitter.emit('versionchange', { layer: 'another', version: '2', previous: '1' });
    await fake.run(8000);
    expect(prefetch.status().asked).toBe(again);
  });

  it('pauses after a failure, as long as the server asks', async () => {
    const { fake, ours, prefetch } = await begin({ concurrency: 1 });
    fake.answers((_, by) => (by === 'prefetch' ? { status: 503, headers: { 'retry-after': '60' }, delay: 10 } : {}));
    await fake.run(50_000, 500);
    expect(ours()).toHaveLength(1);
    fake.answers(() => ({ delay: 10 }));
    await fake.run(15_000, 500);
    expect(ours().length).toBeGreaterThan(3);
    expect(prefetch.status().failed).toBe(1);
  });

  it('pauses longer and longer while everything fails', async () => {
    const { fake, ours } = await begin({ concurrency: 1 });
    fake.answers((_, by) => (by === 'prefetch' ? { status: 500, delay: 10 } : {}));
    await fake.run(60_000, 500);
    // After 0, 2, 6, 14 and 30 seconds.
    expect(ours()).toHaveLength(5);
  });

  it('stops if no worker of this package answers, and marks no request to another host before one has', async () => {
    const { fake, ours, prefetch } = await begin({}, { host: 'https://tiles.example' });
    fake.answers((_, by) => (by === 'prefetch' ? { headers: { 'cache-status': 'edge; hit' } } : {}));
    await fake.run(5000);
    expect(ours().map(({ purpose }) => purpose)).toEqual([null, null]);
    expect(prefetch.status().obstacle).toBe('no-worker');
    fake.answers(() => ({}));
    fake.changed();
    await fake.run(5000);
    expect(
      ours()
        .slice(2, 4)
        .map(({ purpose }) => purpose),
    ).toEqual([null, null]);
    expect(ours().at(-1)!.purpose).toBe('prefetch');
  });

  it('stops if nothing is stored: the map would ask the origin anyway', async () => {
    const { fake, ours, prefetch } = await begin({ concurrency: 1 });
    fake.answers(() => ({ headers: { 'cache-status': 'sw-tile-cache; fwd=miss; fwd-status=200' } }));
    await fake.run(5000);
    expect(ours()).toHaveLength(3);
    expect(prefetch.status().obstacle).toBe('not-stored');
  });

  it('requests nothing from a host whose terms forbid it, unless an agreement allows it', async () => {
    const osm = { host: 'https://tile.openstreetmap.org' };
    const { fake, ours, prefetch } = await begin({}, osm);
    prefetch.tour([{ center: [0, 0], zoom: 5 }]);
    prefetch.goingTo({ center: [0, 0], zoom: 5 });
    await fake.run(5000);
    expect(ours()).toEqual([]);
    expect(prefetch.status().obstacle).toBe('terms');
    const allowed = await begin({ bulk: ['osm'] }, osm);
    await allowed.fake.run(5000);
    expect(allowed.ours().length).toBeGreaterThan(5);
  });

  it('crosses the antimeridian and ends at the poles and at the source’s zooms', async () => {
    const east = await begin({ ring: 2 }, { center: [179.99, 0], zoom: 6 });
    await east.fake.run(12_000);
    const columns = new Set(east.ours().flatMap(({ url }) => (tileOf(url)[0] === 6 ? [tileOf(url)[1]] : [])));
    expect([...columns].every((x) => x >= 60 || x <= 4)).toBe(true);
    expect(columns).toContain(2);

    const north = await begin({ ring: 2, parents: 2 }, { center: [0, 84.9], zoom: 4 });
    await north.fake.run(12_000);
    expect(north.ours().length).toBeGreaterThan(5);
    expect(Math.min(...north.ours().map(({ url }) => tileOf(url)[2]))).toBeGreaterThanOrEqual(0);

    const low = await begin({ parents: 3 }, { zoom: 6, minzoom: 5 });
    await low.fake.run(12_000);
    expect(new Set(low.ours().map(({ url }) => tileOf(url)[0]))).toEqual(new Set([5, 6]));

    const deep = await begin({ parents: 1 }, { zoom: 10, maxzoom: 8 });
    await deep.fake.run(12_000);
    expect(new Set(deep.ours().map(({ url }) => tileOf(url)[0]))).toEqual(new Set([8]));

    const world = await begin({ ring: 4, parents: 4 }, { zoom: 1 });
    await world.fake.run(12_000);
    expect(new Set(world.ours().map(({ url }) => url)).size).toBe(world.ours().length);
  });

  it('fetches the map’s destination at once, even during the movement, and not after a change of destination', async () => {
    const { fake, ours, prefetch } = await begin();
    await fake.run(8000);
    const before = ours().length;
    const target = { center: [13.4, 52.5] as const, zoom: 12 };
    const near = (longitude: number) =>
      ours()
        .slice(before)
        .filter(({ url }) => Math.abs((tileOf(url)[1] / 2 ** tileOf(url)[0] - 0.5) * 360 - longitude) < 1);
    prefetch.goingTo(target);
    for (let i = 1; i <= 10; i++) {
      fake.go({ center: [9.99 + 0.02 * i, 53.55] });
      await fake.run(50);
    }
    expect(near(13.4).length).toBeGreaterThan(3);
    // The map came to rest elsewhere.
    await fake.run(400);
    const count = near(13.4).length;
    await fake.run(8000);
    expect(near(13.4)).toHaveLength(count);
    // The map arrives.
    prefetch.goingTo(target);
    await fake.run(8000);
    const misses = fake.asked('map').length;
    fake.go(target);
    await fake.run(1000);
    expect(fake.asked('map')).toHaveLength(misses);
  });

  it('fetches the map’s destination even from a view in which the layer has nothing', async () => {
    const { fake, ours, prefetch } = await begin({}, { minzoom: 8, zoom: 5 });
    await fake.run(3000);
    expect(ours()).toHaveLength(0);
    const target = { center: [13.4, 52.5] as const, zoom: 12 };
    prefetch.goingTo(target);
    await fake.run(3000);
    expect(ours().length).toBeGreaterThan(3);
    fake.go(target);
    await fake.run(1000);
    expect(fake.asked('map')).toHaveLength(0);
  });

  it('fetches the next view of a tour, whose tiles are then stored when it is shown', async () => {
    const { fake, prefetch } = await begin({ ring: 0, parents: 0 });
    const tour = [
      { center: [9.99, 53.55] as const, zoom: 12 },
      { center: [-74, 40.7] as const, zoom: 11 },
      { center: [139.7, 35.7] as const, zoom: 13 },
    ];
    prefetch.tour(tour);
    await fake.run(8000);
    const misses = fake.asked('map').length;
    for (const view of [...tour, ...tour]) {
      fake.go(view);
      await fake.run(8000);
    }
    expect(fake.asked('map')).toHaveLength(misses);
    prefetch.tour([]);
    await fake.run(1000);
    expect(prefetch.status().waiting).toBe(0);
  });

  it('fetches a tour even while the layer has nothing at the present zoom', async () => {
    const { fake, ours, prefetch } = await begin({}, { minzoom: 8, zoom: 5 });
    const city = { center: [13.4, 52.5] as const, zoom: 12 };
    prefetch.tour([{ center: [9.99, 53.55], zoom: 5 }, city]);
    await fake.run(8000);
    expect(ours().length).toBeGreaterThan(3);
    fake.go(city);
    await fake.run(1000);
    expect(fake.asked('map')).toHaveLength(0);
  });

  it('fetches the next time steps of the view, the nearest first', async () => {
    const { fake, ours, prefetch } = await begin({ ring: 0, parents: 0 });
    prefetch.steps({ param: 'TIME', values: ['2', '3'] });
    await fake.run(8000);
    const steps = ours().map(({ url }) => new URL(url, 'https://map.example').searchParams.get('time'));
    const count = fake.asked('map').length;
    expect(steps).toEqual([...Array<string>(count).fill('2'), ...Array<string>(count).fill('3')]);
  });

  it('stops with its signal: no request, no timer, no listener', async () => {
    const stop = new AbortController();
    const { fake, ours } = await begin({ signal: stop.signal });
    fake.answers((_, by) => ({ never: by === 'prefetch' }));
    await fake.run(1000);
    stop.abort();
    expect(ours().every(({ aborted }) => aborted)).toBe(true);
    expect([fake.clock.pending(), fake.listeners.size, fake.heard.size]).toEqual([0, 0, 0]);
    fake.pan(1, 1);
    await fake.run(3000);
    expect(ours()).toHaveLength(2);
  });

  it('does not wait for a tile that the origin does not have', async () => {
    const { fake, ours } = await begin();
    let first: string | undefined;
    fake.answers((url, by) => (by === 'map' && url === (first ??= url) ? { status: 404 } : {}));
    fake.go({ center: [20, 10] });
    await fake.run(5000);
    expect(first).toBeDefined();
    expect(ours().length).toBeGreaterThan(3);
  });

  it.each([
    [{ ring: -1 }, 'ring'],
    [{ ring: 99 }, 'ring'],
    [{ parents: 1.5 }, 'parents'],
    [{ maxTiles: 0 }, 'maxTiles'],
    [{ maxBytes: NaN }, 'maxBytes'],
    [{ share: -1 }, 'share'],
    [{ concurrency: 0 }, 'concurrency'],
    [{ bulk: 'osm' as never }, 'bulk'],
  ])('refuses %j', (options, field) => {
    const { binding, env } = createFakeMap();
    expect(() => prefetchTiles(binding, options, env)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', field }),
    );
  });

  it('refuses steps whose position it cannot determine', () => {
    const { binding, env } = createFakeMap();
    const prefetch = prefetchTiles(binding as Binding, {}, env);
    expect(() => prefetch.steps({ values: ['1'] })).toThrow(expect.objectContaining({ field: 'steps.param' }));
    expect(() => prefetch.steps({ values: [1 as never], param: 'time' })).toThrow(
      expect.objectContaining({ field: 'steps.values' }),
    );
    prefetch.steps({ values: [] });
    prefetch.stop();
  });
});
