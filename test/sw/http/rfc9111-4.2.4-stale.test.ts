import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { freshnessLifetime } from '../../../sw/http/freshness';
import { isFailure, mayServeOnError } from '../../../sw/policy/decide';
import { after, asks, at, CATCH_ALL, date, layer, stored, word } from './support';

const cc = (value: string) => stored({ 'Cache-Control': value });

describe('RFC 9111 section 4.2.4: serving stale responses', () => {
  it.each<[string, string, object, string]>([
    ['4.2.4: stale, and nothing allows stale tiles', 'max-age=10', {}, 'validate'],
    ['4.2.4: disconnected, and the layer sets nothing', 'max-age=10', { disconnected: true }, 'validate'],
    [
      '4.2.4: disconnected, and the layer allows it',
      'max-age=10',
      { disconnected: true, layer: layer({ staleIfError: 600 }) },
      'swr',
    ],
    [
      "4.2.4: disconnected, and beyond the layer's window",
      'max-age=10',
      { disconnected: true, layer: layer({ staleIfError: 50 }) },
      'validate',
    ],
    [
      '4.2.4: disconnected, and the layer forbids it',
      'max-age=10',
      { disconnected: true, layer: layer({ staleIfError: 0 }) },
      'validate',
    ],
    ['4.2.4: disconnected without configuration', 'max-age=10', { disconnected: true, layer: CATCH_ALL }, 'swr'],
    [
      "4.2.4: the origin's own limit without configuration",
      'max-age=10, stale-if-error=20',
      { disconnected: true, layer: CATCH_ALL },
      'validate',
    ],
    [
      '4.2.4: disconnected and must-revalidate',
      'max-age=10, must-revalidate',
      { disconnected: true, layer: layer({ staleIfError: Infinity }) },
      'validate',
    ],
    [
      '4.2.4: disconnected and no-cache',
      'max-age=10, no-cache',
      { disconnected: true, layer: layer({ staleIfError: Infinity }) },
      'validate',
    ],
    [
      '4.2.4: proxy-revalidate applies to shared caches only',
      'max-age=10, proxy-revalidate',
      { disconnected: true, layer: layer({ staleIfError: 600 }) },
      'swr',
    ],
    [
      '4.2.4: s-maxage applies to shared caches only',
      'max-age=10, s-maxage=10',
      { disconnected: true, layer: layer({ staleIfError: 600 }) },
      'swr',
    ],
    ['4.2.4: max-stale allows it', 'max-age=10', { request: asks({ 'Cache-Control': 'max-stale=90' }) }, 'stale'],
    [
      '4.2.4: max-stale does not override must-revalidate',
      'max-age=10, must-revalidate',
      { request: asks({ 'Cache-Control': 'max-stale' }) },
      'validate',
    ],
  ])('%s', (_, value, rest, expected) => expect(word(after(100, cc(value), rest))).toBe(expected));

  it('the answer states its staleness', () =>
    expect(after(100, cc('max-age=10'), { disconnected: true, layer: layer({ staleIfError: 600 }) })).toEqual({
      kind: 'respond',
      why: 'disconnected',
      age: 100,
      ttl: -90,
      stale: true,
      validate: true,
    }));
});

describe('RFC 5861 section 3: stale-while-revalidate', () => {
  it.each<[string, string, number, object, string]>([
    ['3: fresh needs no validation', 'max-age=10, stale-while-revalidate=20', 9, {}, 'fresh'],
    ['3: within the window', 'max-age=10, stale-while-revalidate=20', 10, {}, 'swr'],
    ['3: in the last second of the window', 'max-age=10, stale-while-revalidate=20', 29, {}, 'swr'],
    ['3: beyond the window', 'max-age=10, stale-while-revalidate=20', 30, {}, 'validate'],
    ['3: an empty window', 'max-age=10, stale-while-revalidate=0', 10, {}, 'validate'],
    ['3: an invalid number is an empty window', 'max-age=10, stale-while-revalidate=x', 10, {}, 'validate'],
    [
      '3: the first of two windows counts',
      'max-age=10, stale-while-revalidate=5, stale-while-revalidate=50',
      20,
      {},
      'validate',
    ],
    ['3: must-revalidate wins', 'max-age=10, stale-while-revalidate=20, must-revalidate', 15, {}, 'validate'],
    ['3: no-cache wins', 'max-age=10, stale-while-revalidate=20, no-cache', 5, {}, 'validate'],
    ['3: no-cache with field names does not win', 'max-age=10, stale-while-revalidate=20, no-cache="a"', 15, {}, 'swr'],
    [
      '3: an invalidated tile is validated before it is answered',
      'max-age=10, stale-while-revalidate=20',
      5,
      { rule: 'stale' },
      'validate',
    ],
    [
      "3: the request's no-cache wins",
      'max-age=10, stale-while-revalidate=20',
      15,
      { request: asks({ 'Cache-Control': 'no-cache' }) },
      'validate',
    ],
    [
      '3: a request with max-age gets no stale tile',
      'max-age=10, stale-while-revalidate=20',
      15,
      { request: asks({ 'Cache-Control': 'max-age=100' }) },
      'validate',
    ],
    [
      '3: a request with max-stale sets its own limit',
      'max-age=10, stale-while-revalidate=20',
      15,
      { request: asks({ 'Cache-Control': 'max-stale=2' }) },
      'validate',
    ],
    [
      '3: a request with min-fresh gets no stale tile',
      'max-age=10, stale-while-revalidate=20',
      15,
      { request: asks({ 'Cache-Control': 'min-fresh=1' }) },
      'validate',
    ],
    [
      '3: only-if-cached starts no validation in the background',
      'max-age=10, stale-while-revalidate=20',
      15,
      { request: asks({ 'Cache-Control': 'only-if-cached' }) },
      'stale',
    ],
    ["3: the layer's window", 'max-age=10', 15, { layer: layer({ staleWhileRevalidate: 20 }) }, 'swr'],
    ['3: without configuration, without headers', '', 604799, { layer: CATCH_ALL, stored: stored() }, 'swr'],
    ['3: without configuration, after a week', '', 604800, { layer: CATCH_ALL, stored: stored() }, 'validate'],
    [
      '3: the age on arrival counts',
      'max-age=10, stale-while-revalidate=20',
      0,
      { stored: stored({ 'Cache-Control': 'max-age=10, stale-while-revalidate=20', Age: '31' }) },
      'validate',
    ],
  ])('%s', (_, value, seconds, rest, expected) => expect(word(after(seconds, cc(value), rest))).toBe(expected));
});

describe('RFC 5861 section 4: stale-if-error', () => {
  const serves = (value: string, seconds: number, status?: number, options = layer(), request = asks()) =>
    mayServeOnError(cc(value), options, at(seconds), { status }, request);

  it.each([500, 502, 503, 504, 429, 520, 599, undefined])('4: %s is a failure', (status) =>
    expect(serves('max-age=10, stale-if-error=20', 15, status)).toBe(true),
  );
  it.each([200, 204, 304, 400, 401, 403, 404, 410, 501, 505])('4: %i is an answer', (status) =>
    expect(serves('max-age=10, stale-if-error=20', 15, status)).toBe(false),
  );
  it('4: an unknown 5xx counts as 500 (RFC 9110 section 15)', () =>
    expect([520, 599, 500].every(isFailure)).toBe(true));

  it.each<[string, string, number, object, boolean]>([
    ['4: in the last second of the window', 'max-age=10, stale-if-error=20', 29, {}, true],
    ['4: beyond the window', 'max-age=10, stale-if-error=20', 30, {}, false],
    ['4: without a window', 'max-age=10', 15, {}, false],
    ['4: a fresh tile needs no window', 'max-age=10', 5, {}, true],
    ['4: must-revalidate wins', 'max-age=10, stale-if-error=20, must-revalidate', 15, {}, false],
    ['4: must-revalidate does not matter while fresh', 'max-age=10, must-revalidate', 5, {}, true],
    ['4: no-cache wins, even while fresh', 'max-age=10, stale-if-error=20, no-cache', 5, {}, false],
    ["4: the layer's window", 'max-age=10', 15, { staleIfError: 20 }, true],
    ["4: the layer's window, unlimited", 'max-age=10', 1e9, { staleIfError: Infinity }, true],
    [
      "4: the origin's window is shorter than the layer's",
      'max-age=10, stale-if-error=2',
      15,
      { staleIfError: 20 },
      false,
    ],
    [
      "4: the layer's window with override",
      'max-age=10, stale-if-error=2',
      15,
      { staleIfError: 20, override: true },
      true,
    ],
    ['4: the layer forbids stale tiles, and the origin has no directive', 'max-age=10', 10, { staleIfError: 0 }, false],
  ])('%s', (_, value, seconds, options, expected) =>
    expect(serves(value, seconds, 503, layer(options))).toBe(expected),
  );

  it('4: stale-if-error in a request', () => {
    expect(serves('max-age=10', 15, 503, layer(), asks({ 'Cache-Control': 'stale-if-error=20' }))).toBe(true);
    expect(
      serves('max-age=10, must-revalidate', 15, 503, layer(), asks({ 'Cache-Control': 'stale-if-error=20' })),
    ).toBe(false);
  });
  it('4: without configuration, an error status does not count as a disconnection', () => {
    expect(serves('max-age=10', 15, 503, CATCH_ALL)).toBe(false);
    expect(serves('max-age=10', 15, undefined, CATCH_ALL)).toBe(true);
  });
  it('4: an invalidated tile stands in if the layer allows a stale one', () => {
    const rule = { rule: 'stale' as const, confirmed: undefined };
    expect(mayServeOnError(cc('max-age=10'), layer({ staleIfError: 20 }), at(5), {}, asks(), rule)).toBe(true);
    expect(mayServeOnError(cc('max-age=10'), layer({ staleIfError: 0 }), at(5), {}, asks(), rule)).toBe(false);
  });
  it('4: a purged tile never stands in', () =>
    expect(
      mayServeOnError(cc('max-age=10'), layer({ staleIfError: Infinity }), at(5), {}, asks(), {
        rule: 'absent',
        confirmed: undefined,
      }),
    ).toBe(false));
});

describe('freshness confirmed by the version', () => {
  const tile = cc('max-age=10');
  it.each<[string, number, object, string]>([
    ['makes a stale tile fresh', 1000, { confirmed: 60 }, 'fresh'],
    ['extends the lifetime of the headers, and never shortens it', 5, { confirmed: -60 }, 'fresh'],
    ['lapsed', 1000, { confirmed: -1 }, 'validate'],
    [
      'expired, within the window that began then',
      1000,
      { confirmed: -10, layer: layer({ staleWhileRevalidate: 20 }) },
      'swr',
    ],
    ['does not override an invalidation', 5, { confirmed: 60, rule: 'stale' }, 'validate'],
    ['does not override a clock that went back', -60, { confirmed: 60 }, 'validate'],
    ['does not override the request', 5, { confirmed: 60, request: asks({}, 'no-cache') }, 'validate'],
  ])('%s', (_, seconds, rest, expected) => expect(word(after(seconds, tile, rest))).toBe(expected));
  it.each(['no-cache', 'max-age=10, must-revalidate'])('does not override %s', (value) =>
    expect(word(after(1000, cc(value), { confirmed: 60 }))).toBe('validate'),
  );
});

const directive = fc.oneof(
  fc.constantFrom(
    'no-cache',
    'no-cache="x"',
    'must-revalidate',
    'public',
    'private',
    'immutable',
    'proxy-revalidate',
    's-maxage=9',
    'junk',
  ),
  fc
    .tuple(
      fc.constantFrom('max-age', 'stale-while-revalidate', 'stale-if-error'),
      fc.oneof(fc.nat(300).map(String), fc.constantFrom('x', '-1', '"60"')),
    )
    .map((pair) => pair.join('=')),
);
const window = fc.option(fc.oneof(fc.nat(300), fc.constant(Infinity)), { nil: undefined });

describe('P2: never staler than the layer and the origin allow', () => {
  const cases = fc.record({
    field: fc.option(
      fc.array(directive, { maxLength: 5 }).map((all) => all.join(', ')),
      { nil: null },
    ),
    expires: fc.option(fc.integer({ min: -300, max: 300 }).map(date), { nil: null }),
    modified: fc.option(fc.integer({ min: -3000, max: 10 }).map(date), { nil: null }),
    age: fc.option(fc.nat(200).map(String), { nil: null }),
    status: fc.constantFrom(200, 204, 403, 404, 500, 503),
    options: fc.record({
      maxAge: fc.option(fc.nat(300), { nil: undefined }),
      staleWhileRevalidate: fc.option(fc.nat(300), { nil: undefined }),
      staleIfError: window,
      override: fc.boolean(),
      catchAll: fc.boolean(),
    }),
    seconds: fc.integer({ min: -50, max: 1000 }),
    rule: fc.constantFrom('none', 'stale', 'absent') as fc.Arbitrary<'none' | 'stale' | 'absent'>,
    disconnected: fc.boolean(),
  });

  it('answers without validation only within the windows, and marks stale answers', () => {
    fc.assert(
      fc.property(cases, ({ field, expires, modified, age, status, options, seconds, rule, disconnected }) => {
        const tile = stored(
          { 'Cache-Control': field, Expires: expires, 'Last-Modified': modified, Age: age },
          { status },
        );
        const decision = after(seconds, tile, { layer: layer(options), rule, disconnected });
        if (rule === 'absent') expect(decision.kind).toBe('fetch');
        if (decision.kind !== 'respond') return;
        const { lifetime, staleWhileRevalidate, staleIfError, neverStale, noCache } = freshnessLifetime(
          tile,
          layer(options),
        );
        expect(noCache).toBe(false);
        expect(decision.stale).toBe(decision.ttl <= 0);
        if (!decision.stale) {
          expect(decision.age).toBeLessThan(lifetime);
          return;
        }
        expect(neverStale).toBe(false);
        expect(decision.validate).toBe(true);
        const allowed = disconnected
          ? Math.max(staleWhileRevalidate, staleIfError ?? (options.catchAll ? Infinity : 0))
          : staleWhileRevalidate;
        expect(decision.age - lifetime).toBeLessThan(allowed);
        if (!disconnected) expect(rule).toBe('none');
      }),
      { numRuns: 500 },
    );
  });

  it('a second soft purge extends nothing', () => {
    fc.assert(
      fc.property(cases, ({ field, options, seconds, disconnected }) => {
        const tile = stored({ 'Cache-Control': field });
        const ttl = (rule: 'none' | 'stale') => {
          const decision = after(seconds, tile, { layer: layer(options), rule, disconnected });
          return 'ttl' in decision ? decision.ttl : NaN;
        };
        expect(ttl('stale')).toBeLessThanOrEqual(Math.min(0, ttl('none')));
      }),
    );
  });
});
