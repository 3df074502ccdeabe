import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAggregate } from '../../../src/rum/aggregate';
import { BATCH_BYTES, toBatches } from '../../../src/rum/batches';
import { isRefusedStatus } from '../../../src/shared/refused-status';
import { parseRumBatch } from '../../../src/shared/parse-rum';
import type { TileUse } from '../../../src/shared/tile-use';
import { RUM_LIMITS } from '../../../src/shared/rum-schema';

const frame = { session: 's', page: '/map', region: undefined, sample: 1 };
const counter = () => {
  let n = 0;
  return () => `id${n++}`;
};

const uses = fc.record<TileUse>(
  {
    // Only the page distinguishes the last two: beacons shorten the name.
    layer: fc.constantFrom('roads', 'places', 'Straßen', 'x'.repeat(128), `${'x'.repeat(128)}y`),
    tile: fc.record({ z: fc.oneof(fc.nat(30), fc.nat(1000)), x: fc.nat(9), y: fc.nat(9) }),
    status: fc.constantFrom('hit', 'stale', 'miss', 'revalidated', 'error'),
    age: fc.oneof(fc.nat(1_000_000), fc.double({ noNaN: false })),
    duration: fc.nat(100),
    validation: fc.oneof(fc.nat(20_000), fc.double()),
    code: fc.constantFrom(0, 200, 204, 304, 404, 503),
    bytes: fc.oneof(fc.nat(100_000), fc.double()),
  },
  { requiredKeys: ['layer', 'status', 'age', 'duration', 'code'] },
);

describe('aggregate', () => {
  it('counts by layer, zoom and status into the buckets', () => {
    const aggregate = createAggregate(isRefusedStatus);
    const tile = { z: 5, x: 1, y: 1 };
    const late = { layer: 'roads', tile: { ...tile, z: 6 }, status: 'stale', age: 1, duration: 1, code: 200 } as const;
    for (const age of [1, 61, 700_000])
      aggregate.add({ layer: 'roads', tile, status: 'stale', age, duration: 1, code: 200, validation: 30 });
    aggregate.add({ layer: 'roads', tile, status: 'error', age: 0, duration: 1, code: 0 });
    aggregate.add({ layer: 'roads', status: 'hit', age: 2, duration: 1, code: 200 });
    aggregate.add(late);
    aggregate.add({ ...late, versionMismatch: true });
    const [stale, error, hit, mismatched] = aggregate.take();
    expect(stale).not.toHaveProperty('mismatches');
    expect(mismatched).toMatchObject({ count: 2, mismatches: 1, errors: 0 });
    const [batch] = toBatches(frame, [mismatched!], [], {}, 1, counter());
    expect(parseRumBatch(batch)).toMatchObject({ tiles: [{ mismatches: 1 }] });
    expect(stale).toMatchObject({
      layer: 'roads',
      zoom: 5,
      status: 'stale',
      count: 3,
      ageSum: 700_062,
      ageMax: 700_000,
      staleServed: 3,
      errors: 0,
    });
    expect(stale?.ageBuckets).toEqual([1, 0, 0, 1, 0, 0, 0, 0, 0, 1]);
    expect(stale?.validations).toMatchObject({ count: 3, sum: 90 });
    expect(error).toMatchObject({ count: 1, errors: 1 });
    expect(error?.ageBuckets.every((n) => n === 0)).toBe(true);
    expect(hit).toMatchObject({ zoom: null, count: 1 });
  });

  it('counts refused tiles as errors without an age, but no opaque tile', () => {
    const aggregate = createAggregate(isRefusedStatus);
    const tile = { z: 5, x: 1, y: 1 };
    for (const code of [401, 403, 451, 500])
      for (const status of ['miss', 'hit'] as const)
        aggregate.add({ layer: 'roads', tile, status, age: 0, duration: 1, code });
    for (const code of [404, 410, 204, 0])
      aggregate.add({ layer: 'roads', tile, status: 'miss', age: 0, duration: 1, code });
    const taken = aggregate.take();
    expect(taken).toMatchObject([
      { status: 'error', count: 8, errors: 8 },
      { status: 'miss', count: 4, errors: 0 },
    ]);
    const [batch] = toBatches(frame, taken, [], {}, 1, counter());
    expect(parseRumBatch(batch)).toMatchObject({ tiles: [{ errors: 8 }, { errors: 0 }] });
  });

  it('counts the origin’s bytes, once for all waiting requests, and none from the store', () => {
    const aggregate = createAggregate(isRefusedStatus);
    const tile = { z: 5, x: 1, y: 1 };
    const use = { layer: 'roads', tile, status: 'miss', age: 0, duration: 1, code: 200, bytes: 1000 } as const;
    aggregate.add(use);
    aggregate.add({ ...use, collapsed: true });
    for (const bytes of [Number.NaN, -1, 0.5, 2 ** 40]) aggregate.add({ ...use, bytes });
    for (const status of ['hit', 'stale', 'revalidated'] as const) aggregate.add({ ...use, status });
    const validation = { layer: 'roads', tile, status: 'stale', duration: 1, failed: false } as const;
    aggregate.validated({ ...validation, bytes: 300 });
    aggregate.validated({ ...validation, bytes: 300, collapsed: true });
    aggregate.validated(validation);
    const taken = aggregate.take();
    expect(Object.fromEntries(taken.map(({ status, bytes }) => [status, bytes]))).toEqual({
      miss: 1000 + RUM_LIMITS.body,
      hit: undefined,
      stale: 300,
      revalidated: undefined,
    });
    const [batch] = toBatches(frame, taken, [], {}, 1, counter());
    expect(parseRumBatch(batch).tiles.map(({ bytes }) => bytes)).toEqual(taken.map(({ bytes }) => bytes));
  });

  it('counts background validations, and the failures that stored tiles hide', () => {
    const aggregate = createAggregate(isRefusedStatus);
    const tile = { z: 5, x: 1, y: 1 };
    aggregate.add({ layer: 'roads', tile, status: 'stale', age: 9, duration: 1, code: 200, originFailed: true });
    aggregate.validated({ layer: 'roads', tile, status: 'stale', duration: 70, failed: false });
    aggregate.validated({ layer: 'roads', tile, status: 'stale', duration: Number.NaN, failed: true });
    // The request that began it counts it.
    aggregate.validated({ layer: 'roads', tile, status: 'stale', duration: 70, failed: true, collapsed: true });
    expect(aggregate.take()).toMatchObject([
      { status: 'stale', count: 1, errors: 2, validations: { count: 2, sum: 70 } },
    ]);
    // A separate batch if the previous one counted the tile.
    aggregate.validated({ layer: 'roads', tile, status: 'hit', duration: 70, failed: false });
    const [batch] = toBatches(frame, aggregate.take(), [], {}, 1, counter());
    expect(parseRumBatch(batch)).toMatchObject({
      tiles: [{ status: 'hit', count: 0, ageMax: 0, validations: { count: 1 } }],
    });
  });

  it('returns each count once', () => {
    const aggregate = createAggregate(isRefusedStatus);
    aggregate.add({ layer: 'roads', status: 'hit', age: 2, duration: 1, code: 200 });
    expect(aggregate.take()).toHaveLength(1);
    expect(aggregate.take()).toEqual([]);
  });

  it('makes batches that the receiver accepts, whatever the worker reports', () => {
    fc.assert(
      fc.property(fc.array(uses, { maxLength: 100 }), fc.array(uses, { maxLength: 20 }), (all, behind) => {
        const aggregate = createAggregate(isRefusedStatus);
        for (const use of all) aggregate.add(use);
        for (const use of behind) aggregate.validated({ ...use, failed: use.code === 0 });
        const batches = toBatches(frame, aggregate.take(), [], { roads: 'a', '*': 'b' }, 1, counter());
        for (const batch of batches) expect(parseRumBatch(JSON.parse(JSON.stringify(batch)))).toEqual(batch);
        expect(batches.flatMap(({ tiles }) => tiles).reduce((n, { count }) => n + count, 0)).toBe(all.length);
      }),
    );
  });
});

describe('more than one beacon may count', () => {
  it('is split into several beacons, without loss', () => {
    const most = RUM_LIMITS.count;
    const aggregate = createAggregate(isRefusedStatus);
    const tile = { z: 5, x: 1, y: 1 };
    for (let i = 0; i < 2 * most + 5; i++)
      aggregate.add({ layer: 'roads', tile, status: 'hit', age: 1, duration: 1, code: 200 });
    for (let i = 0; i < most; i++)
      aggregate.add({ layer: 'places', tile, status: 'stale', age: 1, duration: 1, code: 503, validation: 5 });
    for (let i = 0; i < most + 7; i++)
      aggregate.validated({ layer: 'places', tile, status: 'stale', duration: 5, failed: true });
    const batches = toBatches(frame, aggregate.take(), [], {}, 1, counter()).map((batch) => parseRumBatch(batch));
    const groups = batches.flatMap(({ tiles }) => tiles);
    const sum = (layer: string, of: (group: (typeof groups)[number]) => number) =>
      groups.filter((group) => group.layer === layer).reduce((n, group) => n + of(group), 0);
    expect([sum('roads', ({ count }) => count), sum('places', ({ count }) => count)]).toEqual([2 * most + 5, most]);
    expect([sum('places', ({ validations }) => validations.count), sum('places', ({ errors }) => errors)]).toEqual([
      2 * most + 7,
      2 * most + 7,
    ]);
    expect(batches.length).toBeLessThan(7);
    expect(aggregate.take()).toEqual([]);
  });
});

describe('batches', () => {
  const many = (layers: number) => {
    const aggregate = createAggregate(isRefusedStatus);
    for (let i = 0; i < layers; i++)
      aggregate.add({
        layer: `${i} ${'ü'.repeat(120)}`,
        tile: { z: i % 20, x: 0, y: 0 },
        status: 'hit',
        age: i,
        duration: 1,
        code: 200,
      });
    return aggregate.take();
  };

  it('are absent if there is nothing to report', () => {
    expect(toBatches(frame, [], [], { roads: 'a' }, 1, counter())).toEqual([]);
  });

  it('stay within the schema’s size and counts, lose nothing, and each have an id', () => {
    const tiles = many(1200);
    const versions = Object.fromEntries(tiles.map(({ layer }) => [layer, 'v'.repeat(128)]));
    const vital = { name: 'INP' as const, value: 1, cacheStatus: 'hit' as const };
    const batches = toBatches(
      frame,
      tiles,
      Array.from({ length: 120 }, () => vital),
      versions,
      1,
      counter(),
    );
    for (const batch of batches) {
      expect(new TextEncoder().encode(JSON.stringify(batch)).length).toBeLessThanOrEqual(BATCH_BYTES);
      expect(parseRumBatch(batch)).toEqual(batch);
    }
    expect(BATCH_BYTES).toBeLessThan(RUM_LIMITS.bytes);
    expect(batches.flatMap((batch) => batch.tiles)).toEqual(tiles);
    expect(batches.flatMap((batch) => batch.vitals ?? [])).toHaveLength(120);
    expect(new Set(batches.map(({ id }) => id)).size).toBe(batches.length);
  });

  it('name the versions of their own layers', () => {
    const [batch] = toBatches(frame, many(2), [], { other: 'x', '*': 'all' }, 1, counter());
    expect(Object.values(batch!.versions)).toEqual(['all', 'all']);
  });
});
