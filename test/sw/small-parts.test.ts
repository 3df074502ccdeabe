import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCacheName, parseCacheName } from '../../sw/store/cache-name';
import { isQuotaError, overBudget } from '../../sw/index/eviction';
import { createMemoryTier } from '../../sw/store/memory-tier';
import { decodeMeta, encodeMeta } from '../../sw/store/tile-meta';

const name = (minLength: number) =>
  fc.string({
    minLength,
    maxLength: 12,
    unit: fc.constantFrom('a', 'Z', '0', '@', ':', '%', '/', ' ', '*', "'", '(', '~', 'é', '日', '😀'),
  });

describe('cache names', () => {
  it('contain format, scope, layer and version, which can be parsed', () => {
    fc.assert(
      fc.property(name(1), name(0), name(0), fc.constantFrom('', 'abc123'), (layer, version, path, partition) => {
        const parts = { scope: `https://map.example/${path}`, layer, version, partition };
        expect(parseCacheName(formatCacheName(parts))).toEqual({ format: 'tile-cache-v1', ...parts });
      }),
    );
  });

  it('of other libraries are not recognised', () => {
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

describe('the metadata of a stored tile', () => {
  it('can be parsed', () => {
    const meta = { requestAt: 1, responseAt: 2, ledger: 'ab', epoch: 3, version: 'v 1,2', variant: '', group: '' };
    expect(decodeMeta(encodeMeta(meta))).toEqual(meta);
    expect(decodeMeta(new Headers({ x: encodeMeta(meta) }).get('x'))).toEqual(meta);
    expect(decodeMeta('something else')).toBeUndefined();
    expect(decodeMeta(null)).toBeUndefined();
  });
});

describe('the memory tier', () => {
  const tile = (size: number) => ({ blob: new Blob([new Uint8Array(size)]) }) as never;

  it('stays within its byte limit', () => {
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

  it('does not take a tile that was read before a write', () => {
    const tier = createMemoryTier(200_000);
    const since = tier.changes;
    tier.fill('cache', 'a', tile(10), since);
    tier.fill('cache', 'b', tile(20), since);
    tier.delete('cache', 'c');
    tier.fill('cache', 'c', tile(30), since);
    expect(['a', 'b', 'c'].map((key) => tier.get('cache', key)?.blob?.size)).toEqual([10, 20, undefined]);
  });

  it('does not thrash if the working set does not fit', () => {
    const tier = createMemoryTier(1_000_000);
    let hits = 0;
    for (let turn = 0; turn < 10; turn += 1) {
      for (let key = 0; key < 100; key += 1) {
        if (tier.get('cache', String(key))) hits += 1;
        else if (tier.admits(12_000)) tier.set('cache', String(key), tile(12_000));
      }
    }
    // Half of the tiles fit, so after the first pass nearly half of the answers come from memory.
    expect(hits).toBeGreaterThan(350);
  });

  it('drops tiles that nobody requests any more', () => {
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

describe('eviction', () => {
  it('evicts nothing within the budget, and a tenth more than necessary beyond it', () => {
    const totals = [{ tiles: 100, bytes: 1000, current: true }];
    expect(overBudget(totals, { maxEntries: 100, maxBytes: 1000 })).toEqual({ tiles: 0, bytes: 0 });
    expect(overBudget(totals, { maxEntries: 90, maxBytes: 5000 })).toEqual({ tiles: 19, bytes: 0 });
    expect(overBudget(totals, { maxEntries: 500, maxBytes: 900 })).toEqual({ tiles: 0, bytes: 190 });
  });

  it('recognises the error of every engine for full storage', () => {
    expect(isQuotaError(new DOMException('Quota exceeded.', 'QuotaExceededError'))).toBe(true);
    expect(isQuotaError({ name: 'NS_ERROR_FILE_NO_DEVICE_SPACE', result: 0x80520010 })).toBe(true);
    expect(isQuotaError(new TypeError('Failed to fetch'))).toBe(false);
    expect(isQuotaError(undefined)).toBe(false);
  });
});
