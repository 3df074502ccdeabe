import fc from 'fast-check';
import { parseList, Token, type Item } from 'structured-headers';
import { describe, expect, it, test } from 'vitest';
import {
  appendCacheStatus,
  formatCacheStatus,
  type CacheStatusEntry,
  type ForwardReason,
  type ForwardStatus,
} from '../../src/shared/cache-status';
import type { Refusal, StatusDetail } from '../../src/shared/status-detail';
import { parseOwnCacheStatus } from './parse-cache-status';

const common = {
  ttl: fc.integer(),
  detail: fc.oneof(
    fc.constant<StatusDetail>('stale-if-error'),
    fc.string({ unit: 'binary' }).map((type): Refusal => `content type ${type}`),
  ),
};
const hits: fc.Arbitrary<CacheStatusEntry> = fc.record(
  { hit: fc.constant(true as const), ...common },
  { requiredKeys: ['hit'] },
);
const forwards: fc.Arbitrary<CacheStatusEntry> = fc.record(
  {
    fwd: fc.constantFrom<ForwardReason>('bypass', 'method', 'uri-miss', 'vary-miss', 'miss', 'request', 'stale'),
    fwdStatus: fc.integer({ min: 100, max: 599 }),
    stored: fc.boolean(),
    collapsed: fc.boolean(),
    ...common,
  },
  { requiredKeys: ['fwd'] },
);
const entries = fc.oneof(hits, forwards);

/** Reads the field with a library for structured fields. */
function read(value: string) {
  return (parseList(value) as Item[]).map(([name, params]) => ({
    name: String(name),
    ...Object.fromEntries([...params].map(([key, param]) => [key, param instanceof Token ? param.toString() : param])),
  }));
}

describe('formatCacheStatus', () => {
  test.each<[CacheStatusEntry, string]>([
    [{ hit: true, ttl: 30 }, 'sw-tile-cache; hit; ttl=30'],
    [{ hit: true, ttl: -30.5, detail: 'max-stale' }, 'sw-tile-cache; hit; ttl=-31; detail=max-stale'],
    [{ fwd: 'miss', stored: true }, 'sw-tile-cache; fwd=miss; stored'],
    [
      { fwd: 'stale', fwdStatus: 503, ttl: -12, detail: 'stale-if-error' },
      'sw-tile-cache; fwd=stale; fwd-status=503; ttl=-12; detail=stale-if-error',
    ],
    [{ fwd: 'miss', collapsed: true, stored: false }, 'sw-tile-cache; fwd=miss; collapsed'],
    [{ hit: true, ttl: Infinity }, 'sw-tile-cache; hit; ttl=999999999999999'],
    [{ hit: true, ttl: NaN }, 'sw-tile-cache; hit'],
    [{ hit: true, detail: 'cut "\\"ü' }, 'sw-tile-cache; hit; detail="cut \\"\\\\\\"?"'],
  ])('%j', (entry, text) => {
    expect(formatCacheStatus(entry)).toBe(text);
  });

  it('is read as intended by a structured-fields parser, never with both hit and fwd', () => {
    fc.assert(
      fc.property(entries, (entry) => {
        const [member, ...others] = read(formatCacheStatus(entry)) as Array<Record<string, unknown>>;
        expect(others).toEqual([]);
        expect(member!['name']).toBe('sw-tile-cache');
        expect('hit' in member!).toBe(!('fwd' in member!));
        expect(member!['ttl']).toBe(entry.ttl);
        if (!entry.hit)
          expect(member).toMatchObject({
            fwd: entry.fwd,
            ...(entry.fwdStatus && { 'fwd-status': entry.fwdStatus }),
            ...(entry.stored && { stored: true }),
          });
        if (entry.detail && /^[ -~]*$/.test(entry.detail)) expect(member!['detail']).toBe(entry.detail);
      }),
    );
  });
});

describe('appendCacheStatus', () => {
  test.each([[null], [undefined], [''], ['  ']])('%j: only our own entry', (existing) => {
    expect(appendCacheStatus(existing, { hit: true })).toBe('sw-tile-cache; hit');
  });

  it('follows the upstream entries', () => {
    const names = fc.array(
      fc.constantFrom('OriginCache; hit; ttl=1100', '"CDN, Company Here"; fwd=uri-miss; collapsed', 'edge; fwd=stale'),
      { minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(names, entries, (upstream, entry) => {
        const members = read(appendCacheStatus(upstream.join(', '), entry));
        expect(members).toHaveLength(upstream.length + 1);
        expect(members.at(-1)!.name).toBe('sw-tile-cache');
      }),
    );
  });
});

describe('parseOwnCacheStatus', () => {
  it('reads back what was written, after any other entries', () => {
    const upstream = fc.constantFrom(
      undefined,
      'edge; hit',
      '"a, sw-tile-cache; hit"; fwd=miss',
      'sw-tile-cache; fwd=bypass; detail=older',
    );
    fc.assert(
      fc.property(upstream, entries, (before, entry) => {
        const {
          hit = false,
          ttl,
          detail,
          ...forward
        } = entry as Partial<Omit<ForwardStatus, 'hit'>> & { hit?: boolean };
        expect(parseOwnCacheStatus(appendCacheStatus(before, entry))).toEqual({
          stored: false,
          collapsed: false,
          ...forward,
          hit,
          ...(ttl !== undefined && { ttl: ttl || 0 }),
          ...(detail && { detail: detail.replace(/[^ -~]/g, '?') }),
        });
      }),
    );
  });

  test.each([null, undefined, '', 'edge; hit', 'sw-tile-cache-2; hit', '"sw-tile-cache'])(
    '%j has no entry of ours',
    (value) => {
      expect(parseOwnCacheStatus(value)).toBeUndefined();
    },
  );

  it('tolerates any input', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseOwnCacheStatus(text);
        expect(parseOwnCacheStatus(`sw-tile-cache;${text.replace(/[",\\]/g, '')}`)).toBeDefined();
      }),
    );
    expect(parseOwnCacheStatus('sw-tile-cache;hit;ttl=abc;fwd-status=1e3')).toEqual({
      hit: true,
      stored: false,
      collapsed: false,
    });
  });
});
