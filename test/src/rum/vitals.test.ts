import { describe, expect, it } from 'vitest';
import type { MetricWithAttribution } from 'web-vitals/attribution';
import { createVitals, tileOf } from '../../../src/rum/vitals';
import type { TileUse } from '../../../src/shared/tile-use';

const use = (layer: string, z: number, x: number, y: number, status: TileUse['status'] = 'hit', age = 60): TileUse => ({
  layer,
  tile: { z, x, y },
  status,
  age,
  duration: 1,
  code: 200,
});
const metric = (parts: object) =>
  ({
    id: 'm1',
    name: 'LCP',
    value: 1200,
    rating: 'good',
    attribution: {},
    ...parts,
  }) as unknown as MetricWithAttribution;

describe('vitals', () => {
  it('report how the first tiles were answered', () => {
    const vitals = createVitals();
    vitals.metric(metric({ name: 'INP' }));
    for (const status of ['miss', 'stale', 'stale'] as const) vitals.used(use('roads', 1, 1, 1, status));
    expect(vitals.take()).toEqual([{ name: 'INP', value: 1200, rating: 'good', cacheStatus: 'stale' }]);
  });

  it('report none if no tile was seen', () => {
    const vitals = createVitals();
    vitals.metric(metric({}));
    expect(vitals.take()[0]).toMatchObject({ cacheStatus: 'none' });
  });

  it('are counted once per metric, and again after the bfcache', () => {
    const vitals = createVitals();
    vitals.metric(metric({ name: 'CLS', value: 0.1 }));
    expect(vitals.take()).toHaveLength(1);
    vitals.metric(metric({ name: 'CLS', value: 0.3 }));
    expect(vitals.take()).toHaveLength(0);
    vitals.metric(metric({ name: 'CLS', id: 'm2', value: 0.2 }));
    expect(vitals.take()).toHaveLength(1);
  });

  it('report the tile that was the largest paint', () => {
    const vitals = createVitals();
    vitals.metric(metric({ attribution: { url: 'https://maps.example/tiles/roads/5/7/9.png?key=hush' } }));
    vitals.used(use('places', 5, 7, 9));
    vitals.used(use('roads', 5, 7, 9, 'stale', 300));
    const [vital] = vitals.take();
    expect(vital).toMatchObject({ tile: { layer: 'roads', status: 'stale', age: 300 } });
    expect(JSON.stringify(vital)).not.toContain('hush');
  });
});

it.each([
  ['a clock that was set from 1970', 1.7e9, 315_576_000],
  ['a clock that was set back', -5, 0],
])('an age from %s does not make the collector refuse the beacon', (_, age, sent) => {
  const vitals = createVitals();
  vitals.metric(metric({ attribution: { url: '/tiles/roads/5/7/9.png' } }));
  vitals.used(use('roads', 5, 7, 9, 'stale', age));
  expect(vitals.take()[0]?.tile?.age).toBe(sent);
});

describe('tile of the largest paint', () => {
  const uses = [use('roads', 5, 7, 9)];
  it.each([
    ['/tiles/roads/5/7/9.png', true],
    ['/tiles/roads/5/7/9@2x.webp', true],
    ['/tiles/roads/5/7/99.png', false],
    ['/tiles/roads/15/7/9.png', false],
    ['/logo.png', false],
    [undefined, false],
    ['data:image/png;base64,/5/7/9', true],
  ])('%s', (url, found) => {
    expect(tileOf(url === undefined ? {} : { url }, uses) !== undefined).toBe(found);
  });

  it('uses the response’s own fields if the page may read them', () => {
    const serverTiming = [
      { name: 'sw-tile-cache', description: 'revalidated', duration: 3 },
      { name: 'tile-age', description: '', duration: 12 },
    ];
    const lcpResourceEntry = { serverTiming } as unknown as PerformanceResourceTiming;
    expect(tileOf({ url: '/tiles/roads/5/7/9', lcpResourceEntry }, uses)).toEqual({
      layer: 'roads',
      status: 'revalidated',
      age: 12,
    });
  });
});
