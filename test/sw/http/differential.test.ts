import fc from 'fast-check';
import CachePolicy from 'http-cache-semantics';
import { describe, expect, it } from 'vitest';
import { freshnessLifetime } from '../../../sw/http/freshness';
import { mayServeOnError } from '../../../sw/policy/decide';
import { saysNothing } from '../../../sw/http/statuses';
import { mayStore } from '../../../sw/http/storability';
import { after, at, date, layer, stored, T0, word } from './support';

/*
 * Compares our decisions with http-cache-semantics 4.3, for headers with which it follows the RFC. It does not follow it for
 * must-revalidate (it never reuses even a fresh response), directive names that are not in lower case, duplicates and invalid
 * numbers, immutable, no-cache with field names, negative Age, dates that are not IMF-fixdates, statuses that it refuses even
 * with explicit freshness (206, 403, 429, 5xx), and 304s with new headers.
 */
const seconds = fc.nat(500);
const directive = fc.oneof(
  fc.constantFrom(
    'public',
    'private',
    'no-store',
    'no-cache',
    'proxy-revalidate',
    's-maxage=7',
    'junk',
    'x=1',
    'ext=" max-age"',
  ),
  seconds.map((n) => `max-age=${n}`),
  seconds.map((n) => `stale-while-revalidate=${n}`),
  seconds.map((n) => `stale-if-error=${n}`),
);
const name = (text: string) => text.split('=')[0]!;

const responses = fc.record({
  'Cache-Control': fc.option(
    fc.uniqueArray(directive, { selector: name, maxLength: 4 }).map((all) => all.join(', ')),
    { nil: null },
  ),
  Expires: fc.option(fc.oneof(fc.integer({ min: -300, max: 300 }).map(date), fc.constant('0')), { nil: null }),
  'Last-Modified': fc.option(fc.integer({ min: -5000, max: 0 }).map(date), { nil: null }),
  Age: fc.option(fc.nat(300).map(String), { nil: null }),
  ETag: fc.constantFrom('"a"', null),
});
const statuses = fc.constantFrom(200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501);
/** Negative answers have a lifetime of their own, which is shorter than the RFC allows. */
const positive = statuses.filter((status) => status === 200 || status === 203);

function oracle(status: number, headers: Record<string, string | null>): CachePolicy {
  const response: Record<string, string> = { date: date(0) };
  for (const [field, value] of Object.entries(headers)) if (value !== null) response[field.toLowerCase()] = value;
  const policy = new CachePolicy(
    { url: '/', method: 'GET', headers: {} },
    { status, headers: response },
    { shared: false, immutableMinTimeToLive: 0 },
  );
  (policy as unknown as { _responseTime: number })._responseTime = T0;
  return policy;
}

/** Sets the clock of the library. */
const asOf = (policy: CachePolicy, ms: number): CachePolicy => Object.assign(policy, { now: () => ms });

describe('compared with http-cache-semantics', () => {
  const runs = { numRuns: 500 };

  it('stores the same responses', () => {
    fc.assert(
      fc.property(statuses, responses, (status, headers) => {
        const tile = stored(headers, { status });
        // The library stores no-cache without a validator, which can never be used, and 300 and 414 only with explicit freshness.
        fc.pre(!/no-cache/.test(headers['Cache-Control'] ?? '') || (headers.ETag ?? headers['Last-Modified']) !== null);
        expect(mayStore({ method: 'GET', noStore: false }, { status, headers: tile.headers }, layer()).store).toBe(
          oracle(status, headers).storable(),
        );
      }),
      runs,
    );
  });

  it('computes the same lifetime and age', () => {
    fc.assert(
      fc.property(positive, responses, fc.nat(1000), (status, headers, later) => {
        fc.pre(!/no-store|no-cache/.test(headers['Cache-Control'] ?? ''));
        const policy = asOf(oracle(status, headers), at(later));
        const tile = stored(headers, { status });
        const { lifetime } = freshnessLifetime(tile, layer());
        expect(lifetime).toBe(Math.floor(policy.maxAge()));
        const decision = after(later, tile);
        expect('age' in decision && decision.age).toBe(policy.age());
      }),
      runs,
    );
  });

  it('reuses, validates and falls back at the same moments', () => {
    fc.assert(
      fc.property(positive, responses, fc.nat(1000), (status, headers, later) => {
        const policy = asOf(oracle(status, headers), at(later));
        fc.pre(policy.storable());
        const tile = stored(headers, { status });
        // Ignore tenths of a second of a heuristic lifetime, which are below our resolution.
        const { heuristic } = freshnessLifetime(tile, layer());
        fc.pre(!heuristic || Number.isInteger(policy.maxAge()));
        const noCache = /no-cache/.test(headers['Cache-Control'] ?? '');
        const mine = word(after(later, tile));
        expect(mine === 'fresh').toBe(policy.satisfiesWithoutRevalidation({ url: '/', method: 'GET', headers: {} }));
        if (noCache) return;
        expect(mine === 'swr').toBe(policy.stale() && policy.useStaleWhileRevalidate());
        // Responses that say nothing about the tile never stand in for one. The RFC does not regulate that.
        if (policy.stale() && !saysNothing(status))
          expect(mayServeOnError(tile, layer(), at(later), { status: 503 })).toBe(
            (policy as unknown as { _useStaleIfError(): boolean })._useStaleIfError(),
          );
      }),
      runs,
    );
  });
});
