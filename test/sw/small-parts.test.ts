import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCacheName, parseCacheName } from '../../sw/store/cache-name';
import { isQuotaError, overBudget } from '../../sw/index/eviction';
import { createLimiter, Dropped } from '../../sw/origin/limiter';
import { createMemoryTier } from '../../sw/store/memory-tier';
import { createNetworkHealth } from '../../sw/origin/health';
import { decodeMeta, encodeMeta } from '../../sw/store/tile-meta';

const name = (minLength: number) =>
  fc.string({
    minLength,
    maxLength: 12,
    unit: fc.constantFrom('a', 'Z', '0', '@', ':', '%', '/', ' ', '*', "'", '(', '~', 'é', '日', '😀'),
  });

describe('cache names', () => {
  it('carry format, scope, layer and version, each readable again', () => {
    fc.assert(
      fc.property(name(1), name(0), name(0), fc.constantFrom('', 'abc123'), (layer, version, path, partition) => {
        const parts = { scope: `https://map.example/${path}`, layer, version, partition };
        expect(parseCacheName(formatCacheName(parts))).toEqual({ format: 'tile-cache-v1', ...parts });
      }),
    );
  });

  it('of others are none of ours', () => {
    for (const name of [
      'workbox-precache-v2-https://x/',
      'tiles',
      'tile-cache',
      'tile-cache-v1',
      'tile-cache-vX:a:b@',
      'tile-cache-v1:%zz:b@',
    ]) {
      expect(parseCacheName(name)).toBeUndefined();
    }
  });
});

describe('what a body carries', () => {
  it('is readable again', () => {
    const meta = { requestAt: 1, responseAt: 2, ledger: 'ab', epoch: 3, version: 'v 1,2', variant: '', group: '' };
    expect(decodeMeta(encodeMeta(meta))).toEqual(meta);
    expect(decodeMeta(new Headers({ x: encodeMeta(meta) }).get('x'))).toEqual(meta);
    expect(decodeMeta('something else')).toBeUndefined();
    expect(decodeMeta(null)).toBeUndefined();
  });
});

describe('the memory tier', () => {
  const tile = (size: number) => ({ blob: new Blob([new Uint8Array(size)]) }) as never;

  it('stays within its bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(40), fc.nat(20_000), fc.boolean())), (operations) => {
        const tier = createMemoryTier(200_000);
        for (const [key, size, read] of operations) {
          if (read) tier.get('cache', String(key));
          else tier.set('cache', String(key), tile(size));
          expect(tier.bytes).toBeLessThanOrEqual(200_000);
        }
        tier.drop('cache');
        expect(tier.bytes).toBe(0);
      }),
    );
  });

  it('is not filled with what was read before something was written', () => {
    const tier = createMemoryTier(200_000);
    const since = tier.changes;
    tier.fill('cache', 'a', tile(10), since);
    tier.fill('cache', 'b', tile(20), since);
    tier.delete('cache', 'c');
    tier.fill('cache', 'c', tile(30), since);
    expect(['a', 'b', 'c'].map((key) => tier.get('cache', key)?.blob?.size)).toEqual([10, 20, undefined]);
  });

  it('does not churn when more is asked for than fits', () => {
    const tier = createMemoryTier(1_000_000);
    let hits = 0;
    for (let turn = 0; turn < 10; turn += 1) {
      for (let key = 0; key < 100; key += 1) {
        if (tier.get('cache', String(key))) hits += 1;
        else if (tier.admits(12_000)) tier.set('cache', String(key), tile(12_000));
      }
    }
    // Half of the tiles fit: nearly half of what comes after the first turn is answered from memory.
    expect(hits).toBeGreaterThan(350);
  });

  it('lets go of what nobody asks for any more', () => {
    const tier = createMemoryTier(400_000);
    for (let key = 0; key < 15; key += 1) tier.set('cache', `old${key}`, tile(12_000));
    for (let turn = 0; turn < 20; turn += 1) {
      for (let key = 0; key < 10; key += 1) {
        if (!tier.get('cache', `new${key}`)) tier.set('cache', `new${key}`, tile(12_000));
      }
    }
    expect(tier.get('cache', 'new9')).toBeDefined();
  });

  it('can be switched off', () => {
    const tier = createMemoryTier(0);
    tier.set('cache', 'a', tile(1));
    expect(tier.get('cache', 'a')).toBeUndefined();
    expect(tier.admits(1)).toBe(false);
  });
});

describe('the limiter', () => {
  const held = () => {
    let release: () => void = () => {};
    return { promise: new Promise<void>((resolve) => (release = resolve)), release: () => release() };
  };
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  it('runs no more than its slots, the most urgent first', async () => {
    const limiter = createLimiter();
    const order: string[] = [];
    const gate = held();
    const run = (name: string, urgency: number) =>
      limiter.run(
        'roads',
        1,
        () => urgency,
        async () => {
          order.push(name);
          await gate.promise;
        },
      );
    const all = [run('first', 1), run('late', 1), run('seen', 0)];
    await turn();
    expect(order).toEqual(['first']);
    gate.release();
    await Promise.all(all);
    expect(order).toEqual(['first', 'seen', 'late']);
  });

  it('leaves half of the slots to what a map waits for', async () => {
    const limiter = createLimiter();
    const gate = held();
    let background = 0;
    const all = Array.from({ length: 8 }, () =>
      limiter.run(
        'roads',
        4,
        () => 2,
        async () => {
          background += 1;
          await gate.promise;
        },
      ),
    );
    await turn();
    expect(background).toBe(2);
    let seen = false;
    await limiter.run(
      'roads',
      4,
      () => 0,
      async () => void (seen = true),
    );
    expect(seen).toBe(true);
    gate.release();
    await Promise.all(all);
    expect(background).toBe(8);
  });

  it('drops what nobody wants any more', async () => {
    const limiter = createLimiter();
    const gate = held();
    const busy = limiter.run(
      'roads',
      1,
      () => 1,
      () => gate.promise,
    );
    let wanted: number | undefined = 2;
    const dropped = limiter.run(
      'roads',
      1,
      () => wanted,
      async () => {},
    );
    wanted = undefined;
    gate.release();
    await busy;
    await expect(dropped).rejects.toBeInstanceOf(Dropped);
  });

  it('never holds up one layer for another', async () => {
    const limiter = createLimiter();
    const gate = held();
    const busy = limiter.run(
      'roads',
      1,
      () => 1,
      () => gate.promise,
    );
    await expect(
      limiter.run(
        'rivers',
        1,
        () => 1,
        async () => 'done',
      ),
    ).resolves.toBe('done');
    gate.release();
    await busy;
  });
});

describe('network health', () => {
  const setup = () => {
    const clock = { now: 0 };
    const changes: boolean[] = [];
    return {
      clock,
      changes,
      health: createNetworkHealth({
        now: () => clock.now,
        random: () => 0.5,
        onChange: (_, dead) => changes.push(dead),
      }),
    };
  };

  it('calls a layer dead after one time-out, until something answers', () => {
    const { health, changes } = setup();
    health.failed('roads', 'network');
    expect(health.dead('roads')).toBe(false);
    health.failed('roads', 'timeout');
    health.failed('roads', 'timeout');
    expect(health.dead('roads')).toBe(true);
    expect(health.dead('rivers')).toBe(false);
    health.answered('roads');
    expect(health.dead('roads')).toBe(false);
    expect(changes).toEqual([true, false]);
  });

  it('probes with back-off, one at a time', () => {
    const { health, clock } = setup();
    health.failed('roads', 'timeout');
    const delays: number[] = [];
    for (let probe = 0; probe < 8; probe += 1) {
      const from = clock.now;
      while (!health.mayProbe('roads')) clock.now += 100;
      expect(health.mayProbe('roads')).toBe(false);
      delays.push(clock.now - from);
      health.failed('roads', 'timeout');
    }
    expect(delays[0]).toBeLessThanOrEqual(1000);
    for (let i = 1; i < 5; i += 1) expect(delays[i]).toBeGreaterThan(delays[i - 1]!);
    expect(Math.max(...delays)).toBeLessThanOrEqual(38_000);
  });

  it('is not silenced by a clock that jumped back', () => {
    const { health, clock } = setup();
    clock.now = 10_000_000;
    health.failed('roads', 'timeout');
    clock.now = 0;
    expect(health.mayProbe('roads')).toBe(true);
  });
});

describe('eviction', () => {
  it('asks for nothing within the budget and for a tenth more beyond it', () => {
    const totals = [{ tiles: 100, bytes: 1000, current: true }];
    expect(overBudget(totals, { maxEntries: 100, maxBytes: 1000 })).toEqual({ tiles: 0, bytes: 0 });
    expect(overBudget(totals, { maxEntries: 90, maxBytes: 5000 })).toEqual({ tiles: 19, bytes: 0 });
    expect(overBudget(totals, { maxEntries: 500, maxBytes: 900 })).toEqual({ tiles: 0, bytes: 190 });
  });

  it('knows what every engine says when storage is full', () => {
    expect(isQuotaError(new DOMException('Quota exceeded.', 'QuotaExceededError'))).toBe(true);
    expect(isQuotaError({ name: 'NS_ERROR_FILE_NO_DEVICE_SPACE', result: 0x80520010 })).toBe(true);
    expect(isQuotaError(new TypeError('Failed to fetch'))).toBe(false);
    expect(isQuotaError(undefined)).toBe(false);
  });
});
