import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRumBatch } from '../../src/shared/parse-rum';
import {
  AGE_BOUNDS,
  bucketOf,
  emptyHistogram,
  observe,
  RUM_LIMITS,
  type RumBatch,
  type RumTiles,
  VALIDATION_BOUNDS,
} from '../../src/shared/rum-schema';

function group(ages: number[], validations: number[] = [], rest: Partial<RumTiles> = {}): RumTiles {
  const age = emptyHistogram(AGE_BOUNDS);
  for (const a of ages) observe(age, AGE_BOUNDS, a);
  const validation = emptyHistogram(VALIDATION_BOUNDS);
  for (const v of validations) observe(validation, VALIDATION_BOUNDS, v);
  return {
    layer: 'roads',
    zoom: 12,
    status: 'hit',
    count: ages.length,
    ageBuckets: age.buckets,
    ageSum: age.sum,
    ageMax: Math.max(0, ...ages),
    staleServed: 0,
    validations: validation,
    errors: 0,
    ...rest,
  };
}

function batch(rest: Partial<RumBatch> = {}): RumBatch {
  return {
    schema: 1,
    id: 'b1',
    session: 's1',
    sentAt: 1_700_000_000_000,
    page: '/map',
    sample: 1,
    tiles: [group([0, 5, 700])],
    versions: { roads: 'v1' },
    ...rest,
  };
}

function fieldOf(value: unknown): string | undefined {
  try {
    parseRumBatch(value);
  } catch (error) {
    expect(error).toMatchObject({ name: 'TileCacheError', code: 'INVALID_BEACON' });
    return (error as { field: string }).field;
  }
  return undefined;
}

describe('parseRumBatch', () => {
  it('returns its input without unknown fields', () => {
    const whole = batch({
      region: 'eu',
      vitals: [
        {
          name: 'LCP',
          value: 1200,
          rating: 'good',
          tile: { layer: 'roads', status: 'hit', age: 3 },
          cacheStatus: 'hit',
        },
      ],
    });
    expect(parseRumBatch({ ...whole, extra: 'x', tiles: [{ ...whole.tiles[0], secret: 'y' }] })).toEqual(whole);
  });

  it('accepts every batch that the helpers build', () => {
    const ages = fc.array(fc.double({ min: 0, max: RUM_LIMITS.age, noNaN: true }), { maxLength: 40 });
    const times = fc.array(fc.double({ min: 0, max: RUM_LIMITS.validation, noNaN: true }), { maxLength: 40 });
    fc.assert(
      fc.property(ages, times, (a, v) => {
        expect(fieldOf(batch({ tiles: [group(a, v)] }))).toBeUndefined();
      }),
    );
  });

  it.each<[string, unknown]>([
    ['beacon', null],
    ['beacon', []],
    ['schema', { ...batch(), schema: 2 }],
    ['id', batch({ id: '' })],
    ['id', batch({ id: 'a\nb' })],
    ['session', batch({ session: 'x'.repeat(129) })],
    ['sentAt', batch({ sentAt: Number.NaN })],
    ['page', batch({ page: '/map?token=secret' })],
    ['sample', batch({ sample: 0 })],
    ['sample', batch({ sample: 1.5 })],
    ['tiles', batch({ tiles: Array.from({ length: 501 }, () => group([])) })],
    ['tiles[0].zoom', batch({ tiles: [group([1], [], { zoom: 100 })] })],
    ['tiles[0].status', batch({ tiles: [group([1], [], { status: 'warm' as 'hit' })] })],
    ['tiles[0].count', batch({ tiles: [group([1], [], { count: -1 })] })],
    ['tiles[0].count', batch({ tiles: [group([1], [], { count: 1.5 })] })],
    ['tiles[0].ageBuckets', batch({ tiles: [group([1], [], { count: 2 })] })],
    ['tiles[0].ageBuckets', batch({ tiles: [group([], [], { ageBuckets: [0] })] })],
    ['tiles[0].ageBuckets', batch({ tiles: [group([0, 0], [], { status: 'error' })] })],
    ['tiles[0].ageSum', batch({ tiles: [group([1], [], { ageSum: -1 })] })],
    ['tiles[0].ageSum', batch({ tiles: [group([0.5], [], { ageSum: 5000 })] })],
    ['tiles[0].ageMax', batch({ tiles: [group([1, 2], [], { ageMax: 400_000_000 })] })],
    ['tiles[0].ageMax', batch({ tiles: [group([1, 2], [], { ageMax: 50 })] })],
    ['tiles[0].staleServed', batch({ tiles: [group([1], [], { staleServed: 2 })] })],
    [
      'tiles[0].validations.buckets',
      batch({ tiles: [group([1], [3], { validations: { ...emptyHistogram(VALIDATION_BOUNDS), count: 1 } })] }),
    ],
    ['tiles[0].bytes', batch({ tiles: [group([1], [], { bytes: 0.5 })] })],
    ['tiles[0].bytes', batch({ tiles: [group([1], [3], { bytes: 2 * RUM_LIMITS.body + 1 })] })],
    ['tiles[0].errors', batch({ tiles: [group([1], [], { errors: Number.POSITIVE_INFINITY })] })],
    ['tiles[1]', batch({ tiles: [group([1]), group([2])] })],
    ['tiles[0].count', batch({ tiles: [group([], [], { status: 'error', count: RUM_LIMITS.count + 1 })] })],
    [
      'tiles',
      batch({
        tiles: [11, 12].map((zoom) => group([], [], { zoom, status: 'error', count: RUM_LIMITS.count / 2 + 1 })),
      }),
    ],
    ['tiles', batch({ tiles: [11, 12].map((zoom) => group([], [], { zoom, errors: RUM_LIMITS.count / 2 + 1 })) })],
    [
      'tiles',
      batch({
        tiles: [11, 12].map((zoom) => group([], new Array<number>(RUM_LIMITS.count / 2 + 1).fill(5), { zoom })),
      }),
    ],
    ['versions', batch({ versions: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`l${i}`, 'v'])) })],
    ['versions.roads', { ...batch(), versions: { roads: 7 } }],
    ['vitals[0].name', { ...batch(), vitals: [{ name: 'FID', value: 1, cacheStatus: 'hit' }] }],
    ['views[0].name', { ...batch(), views: [{ name: 'speed', layer: 'a', value: 1 }] }],
    ['views[0].value', { ...batch(), views: [{ name: 'swap', layer: 'a', value: -1 }] }],
    ['views[0].cause', { ...batch(), views: [{ name: 'blank', layer: 'a', value: 1, cause: 'magic' }] }],
    ['views', { ...batch(), views: Array(201).fill({ name: 'swap', layer: 'a', value: 1 }) }],
    ['vitals[0].cacheStatus', { ...batch(), vitals: [{ name: 'LCP', value: 1 }] }],
    [
      'vitals[0].tile.age',
      {
        ...batch(),
        vitals: [{ name: 'LCP', value: 1, cacheStatus: 'hit', tile: { layer: 'a', status: 'hit', age: -1 } }],
      },
    ],
  ])('refuses %s', (field, value) => {
    expect(fieldOf(value)).toBe(field);
  });

  it('accepts zooms above those of tiles, and the counts of a busy page', () => {
    const whole = batch({
      tiles: [31, 99].map((zoom) => group([], [], { zoom, status: 'error', count: RUM_LIMITS.count / 2 })),
    });
    expect(parseRumBatch(whole)).toEqual(whole);
  });

  it('throws only INVALID_BEACON, whatever the input', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        fieldOf(value);
      }),
    );
    fc.assert(
      fc.property(fc.anything(), (value) => {
        fieldOf(batch({ tiles: [value as RumTiles] }));
      }),
    );
  });
});

describe('bucketOf', () => {
  it('includes the upper bound and has one bucket above all', () => {
    expect([0, 1, 1.01, 604800, 604801].map((age) => bucketOf(AGE_BOUNDS, age))).toEqual([0, 0, 1, 8, 9]);
  });
});
