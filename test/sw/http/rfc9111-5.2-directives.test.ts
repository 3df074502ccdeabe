import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCacheControl } from '../../../sw/http/cache-control';
import { after, asks, stored, word } from './support';

const NONE = { noStore: undefined, noCache: undefined };

describe('RFC 9111 section 5.2: parsing Cache-Control', () => {
  it.each<[string, string | null, object]>([
    ['5.2: none', null, { noStore: undefined, noCache: undefined }],
    [
      '5.2: names in any case',
      'NO-STORE, No-Cache, Must-Revalidate',
      { noStore: true, noCache: true, mustRevalidate: true },
    ],
    ['5.2: without spaces', 'no-store,max-age=5', { noStore: true, maxAge: 5 }],
    ['5.2: empty members', ' , ,, no-store , ', { noStore: true }],
    ['5.2: unknown directives', 'x, y=1, z="a, no-store", no-storex', { noStore: undefined }],
    ['5.2: arguments as tokens or strings', 'max-age="5", stale-if-error=6', { maxAge: 5, staleIfError: 6 }],
    ['5.2: an escaped character in a string', 'max-age="\\5"', { maxAge: 5 }],
    ['5.2: an unclosed string takes the rest', 'x="a, no-store', { noStore: undefined }],
    ['5.2: an argument of a directive that has none', 'no-store=1, public="x"', { noStore: true, public: true }],
    ['5.2.2.4: field names', 'no-cache="Set-Cookie, X-User"', { noCache: ['set-cookie', 'x-user'] }],
    ['5.2.2.4: a field name as a token', 'no-cache=x-user', { noCache: ['x-user'] }],
    ['5.2.2.4: twice', 'no-cache="a", no-cache="b"', { noCache: ['a', 'b'] }],
    ['5.2.2.4: with and without', 'no-cache, no-cache="b"', { noCache: true }],
    ['5.2.2.4: an empty argument', 'no-cache=""', { noCache: true }],
    ['5.2.2.7: field names', 'private="x"', { private: ['x'] }],
    ['5.2.1.2: max-stale without a limit', 'max-stale', { maxStale: Infinity }],
    ['5.2.1.2: max-stale with a limit', 'max-stale=5', { maxStale: 5 }],
    ['5.2.1.2: max-stale with an invalid limit', 'max-stale=x', { maxStale: 0 }],
    ['5.2.1.3: min-fresh', 'min-fresh=5', { minFresh: 5 }],
    ['4.2.1: the first of two', 'max-age=5, max-age=6', { maxAge: 5 }],
    ['1.2.2: overflow', 'max-age=2147483649', { maxAge: 2147483648 }],
    ['5.2: a semicolon instead of a comma', 'no-store; no-cache', { noStore: true, noCache: true }],
    ['5.2: semicolons without spaces', 'no-cache;max-age=5;no-store', { noStore: true, noCache: true, maxAge: 5 }],
    ['5.2: a semicolon at the end', 'no-cache;', { noCache: true }],
    ['5.2: a semicolon inside a string', 'max-age="5", x="a;no-store;"', { noStore: undefined, maxAge: 5 }],
    ['names of object properties', '__proto__, constructor=1, max-age=5', { maxAge: 5 }],
  ])('%s', (_, value, expected) => expect({ ...NONE, ...parseCacheControl(value) }).toMatchObject(expected));

  it('accepts any text, and numbers are always valid seconds', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const { maxAge, staleIfError, staleWhileRevalidate, minFresh } = parseCacheControl(value);
        for (const seconds of [maxAge, staleIfError, staleWhileRevalidate, minFresh]) {
          expect(seconds === undefined || (Number.isInteger(seconds) && seconds >= 0 && seconds <= 2 ** 31)).toBe(true);
        }
      }),
    );
  });

  it('a directive counts at any position', () => {
    const others = fc.array(fc.constantFrom('public', 'x="no-cache, \\" max-age=1"', 'immutable', 'y=z', ''));
    fc.assert(
      fc.property(others, others, fc.nat(2 ** 31), (before, behind, seconds) => {
        const value = [...before, `max-age=${seconds}`, 'no-store', ...behind].join(', ');
        expect({ ...NONE, ...parseCacheControl(value) }).toMatchObject({
          maxAge: seconds,
          noStore: true,
          noCache: undefined,
        });
      }),
    );
  });
});

describe('RFC 9111 section 5.2.1: request directives', () => {
  const tile = stored({ 'Cache-Control': 'max-age=600', ETag: '"a"' });
  const aged = stored({ 'Cache-Control': 'max-age=3600', Age: '1800' });
  it.each<[string, string, typeof tile | undefined, number, string]>([
    ['5.2.1.1: max-age, exceeded', 'max-age=10', tile, 11, 'validate'],
    ['5.2.1.1: max-age, just met', 'max-age=10', tile, 10, 'fresh'],
    ['5.2.1.1: max-age=0 means validate', 'max-age=0', tile, 0, 'validate'],
    ['5.2.1.1: the age on arrival counts', 'max-age=600', aged, 0, 'validate'],
    ['5.2.1.1: an invalid number counts as 0', 'max-age=x', tile, 1, 'validate'],
    ['5.2.1.2: max-stale, met', 'max-stale=10', tile, 610, 'stale'],
    ['5.2.1.2: max-stale, exceeded', 'max-stale=10', tile, 611, 'validate'],
    ['5.2.1.2: max-stale without a limit', 'max-stale', tile, 1e6, 'stale'],
    ['5.2.1.2: max-stale does not affect a fresh tile', 'max-stale=10', tile, 5, 'fresh'],
    ['5.2.1.1: max-age with max-stale, both met', 'max-age=700, max-stale=100', tile, 650, 'stale'],
    ['5.2.1.1: max-age with max-stale, max-age exceeded', 'max-age=620, max-stale=100', tile, 650, 'validate'],
    ['5.2.1.3: min-fresh, met', 'min-fresh=100', tile, 500, 'fresh'],
    ['5.2.1.3: min-fresh, missed', 'min-fresh=101', tile, 500, 'validate'],
    ['5.2.1.3: min-fresh beyond the lifetime', 'min-fresh=1000', tile, 0, 'validate'],
    ['5.2.1.4: no-cache', 'no-cache', tile, 1, 'validate'],
    ['5.2.1.5: no-store does not forbid answering with a stored tile', 'no-store', tile, 1, 'fresh'],
    ['5.2.1.7: only-if-cached, fresh', 'only-if-cached', tile, 1, 'fresh'],
    ['5.2.1.7: only-if-cached, stale', 'only-if-cached', tile, 601, '504'],
    ['5.2.1.7: only-if-cached and max-stale', 'only-if-cached, max-stale', tile, 601, 'stale'],
    ['5.2.1.7: only-if-cached and no-cache', 'only-if-cached, no-cache', tile, 1, '504'],
    ['5.2.1.7: only-if-cached, nothing stored', 'only-if-cached', undefined, 1, '504'],
    ['5.2.1.6: no-transform changes nothing', 'no-transform', tile, 1, 'fresh'],
    ['5.2.1: unknown directives change nothing', 'x, y=1', tile, 1, 'fresh'],
  ])('%s', (_, value, kept, seconds, expected) =>
    expect(word(after(seconds, kept, { request: asks({ 'Cache-Control': value }) }))).toBe(expected),
  );

  it('5.2.1.5: no-store keeps the response out of the store', () =>
    expect(asks({ 'Cache-Control': 'no-store' })).toMatchObject({ noStore: true, bypass: false }));
  it('5.2.1.7: only-if-cached and an invalidated tile', () => {
    expect(word(after(1, tile, { rule: 'stale', request: asks({}, 'only-if-cached') }))).toBe('504');
    expect(word(after(1, tile, { rule: 'absent', request: asks({}, 'only-if-cached') }))).toBe('504');
  });
});

describe('RFC 9111 section 5.4: Pragma', () => {
  const tile = stored({ 'Cache-Control': 'max-age=600' });
  it.each<[string, Record<string, string>, string]>([
    ['no-cache', { Pragma: 'no-cache' }, 'validate'],
    ['in any case, among other values', { Pragma: 'x, No-Cache' }, 'validate'],
    ['is ignored beside Cache-Control', { Pragma: 'no-cache', 'Cache-Control': 'max-stale=5' }, 'fresh'],
    ['anything else', { Pragma: 'no-cached' }, 'fresh'],
  ])('5.4: %s', (_, headers, expected) => expect(word(after(1, tile, { request: asks(headers) }))).toBe(expected));
});

describe('Fetch standard: cache modes', () => {
  const tile = stored({ 'Cache-Control': 'max-age=600' });
  const strict = stored({ 'Cache-Control': 'max-age=600, must-revalidate' });
  it.each<[RequestCache, typeof tile | undefined, number, string]>([
    ['default', tile, 1, 'fresh'],
    ['no-store', tile, 1, 'fetch'],
    ['reload', tile, 1, 'fetch'],
    ['no-cache', tile, 1, 'validate'],
    ['force-cache', tile, 1e6, 'stale'],
    ['force-cache', strict, 1e6, 'validate'],
    ['force-cache', undefined, 1, 'fetch'],
    ['only-if-cached', tile, 1e6, 'stale'],
    ['only-if-cached', strict, 1e6, '504'],
    ['only-if-cached', undefined, 1, '504'],
  ])('%s, %#', (cache, kept, seconds, expected) =>
    expect(word(after(seconds, kept, { request: asks({}, cache) }))).toBe(expected),
  );
  it('no-store neither reads nor writes', () => {
    expect(after(1, tile, { request: asks({}, 'no-store') })).toEqual({ kind: 'fetch', fwd: 'bypass', why: 'bypass' });
    expect(asks({}, 'no-store').noStore).toBe(true);
  });
  it('reload writes', () => {
    expect(after(1, tile, { request: asks({}, 'reload') })).toEqual({ kind: 'fetch', fwd: 'request', why: 'request' });
    expect(asks({}, 'reload').noStore).toBe(false);
  });
  it.each(['If-None-Match', 'If-Modified-Since'])(
    'a no-cache that the browser sets because of %s does not come from the page',
    (name) => expect(word(after(1, tile, { request: asks({ [name]: '"a"' }, 'no-cache') }))).toBe('fresh'),
  );
  it('no-cache without a network falls back as the layer allows', () =>
    expect(word(after(1, tile, { request: asks({}, 'no-cache'), disconnected: true }))).toBe('fresh'));
});
