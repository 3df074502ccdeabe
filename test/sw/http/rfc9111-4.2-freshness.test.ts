import { describe, expect, it } from 'vitest';
import { freshnessLifetime } from '../../../sw/http/freshness';
import { HIDES_HEADER } from '../../../sw/http/statuses';
import type { ResolvedLayer } from '../../../src/shared/layer-options';
import { parseHttpDate } from '../../../sw/http/dates';
import { after, CATCH_ALL, date, layer, stored, T0, word } from './support';

const lifetime = (headers: Record<string, string | null>, status = 200, options = {}) =>
  freshnessLifetime(stored(headers, { status }), layer(options)).lifetime;
const cc = (value: string) => ({ 'Cache-Control': value });

describe('RFC 9111 section 4.2.1: freshness lifetime', () => {
  it.each<[string, Record<string, string | null>, number]>([
    ['4.2.1: max-age', cc('max-age=60'), 60],
    ['4.2.1: max-age outweighs Expires', { ...cc('max-age=60'), Expires: date(3600) }, 60],
    ['4.2.1: max-age outweighs a past Expires', { ...cc('max-age=60'), Expires: date(-3600) }, 60],
    ['4.2.1: max-age outweighs an invalid Expires', { ...cc('max-age=60'), Expires: '0' }, 60],
    ['4.2.1: max-age=0 outweighs a future Expires', { ...cc('max-age=0'), Expires: date(3600) }, 0],
    ['4.2.1: s-maxage is for shared caches', cc('s-maxage=3600, max-age=60'), 60],
    ['4.2.1: s-maxage alone gives no lifetime', cc('s-maxage=3600'), 0],
    ['4.2.1: Expires minus Date', { Expires: date(100), Date: date(-20) }, 120],
    ['4.2.1: Expires minus the time of arrival without Date', { Expires: date(100), Date: null }, 100],
    ['4.2.1: Expires minus the time of arrival with an invalid Date', { Expires: date(100), Date: 'yesterday' }, 100],
    ['4.2.1: Expires in the past', { Expires: date(-100) }, 0],
    ["4.2.1: the origin's own clock counts, ahead of ours", { Expires: date(4000), Date: date(3600) }, 400],
    ["4.2.1: the origin's own clock counts, behind ours", { Expires: date(-3000), Date: date(-3600) }, 600],
    ['4.2.1: the first of two max-age', cc('max-age=60, max-age=3600'), 60],
    ['4.2.1: the first of two max-age, the longer one', cc('max-age=3600, max-age=60'), 3600],
    ['4.2.1: if the first of two is invalid, the response is stale', cc('max-age=x, max-age=3600'), 0],
    ['4.2.1: two Expires are not a date', { Expires: `${date(100)}, ${date(200)}` }, 0],
    ['4.2.1: no-cache and max-age: the more restrictive one', cc('no-cache, max-age=60'), 60],
    ['5.2.2.1: quoted', cc('max-age="60"'), 60],
    ['5.2.2.1: leading zeros', cc('max-age=0060'), 60],
    ['5.2: any case', cc('MaX-aGe=60'), 60],
    ['5.2: an unknown directive beside it', cc('foo, bar=1;2, max-age=60'), 60],
    ['5.2: max-age inside a quoted string before it is ignored', cc('ext="max-age=3600", max-age=1'), 1],
    ['5.2: max-age inside a quoted string after it is ignored', cc('max-age=1, ext="a, max-age=3600"'), 1],
    ['5.2: an escaped quote does not end a string', cc('ext="a\\", max-age=3600", max-age=1'), 1],
    ['4.2.1: letters before', cc('max-age=a60'), 0],
    ['4.2.1: letters after', cc('max-age=60a'), 0],
    ['4.2.1: a fraction', cc('max-age=60.5'), 0],
    ['4.2.1: a negative number', cc('max-age=-60'), 0],
    ['4.2.1: single quotes', cc("max-age='60'"), 0],
    ['4.2.1: a space before the equals sign', cc('max-age =60'), 0],
    ['4.2.1: a space after the equals sign', cc('max-age= 60'), 0],
    ['4.2.1: a space before the comma does not matter', cc('max-age=60 , public'), 60],
    ['4.2.1: nothing after the equals sign', cc('max-age='), 0],
    ['4.2.1: no argument', cc('max-age'), 0],
    ['1.2.2: a number that is too large counts as 2^31', cc('max-age=99999999999999999999'), 2147483648],
    ['8246: immutable alone gives no lifetime', cc('immutable'), 0],
  ])('%s', (_, headers, expected) => expect(lifetime(headers)).toBe(expected));

  it('4.2.1: an invalid max-age rules out a heuristic lifetime', () =>
    expect(lifetime({ ...cc('max-age=x'), 'Last-Modified': date(-1000) })).toBe(0));
  it('4.2: fresh while the lifetime exceeds the age', () => {
    const tile = stored(cc('max-age=60'));
    expect(after(59, tile)).toEqual({ kind: 'respond', why: 'fresh', age: 59, ttl: 1, stale: false, validate: false });
    expect(after(60, tile)).toEqual({
      kind: 'validate',
      why: 'expired',
      age: 60,
      ttl: 0,
      fallback: false,
      fwd: 'stale',
    });
  });
});

describe('RFC 9111 section 5.3: Expires', () => {
  it.each<[string, string, boolean]>([
    ['IMF-fixdate', 'Sun, 06 Nov 2050 08:49:37 GMT', true],
    ['rfc850-date', 'Sunday, 06-Nov-50 08:49:37 GMT', true],
    ['asctime-date', 'Sun Nov  6 08:49:37 2050', true],
    ['4.2: any case', 'SUN, 06 nov 2050 08:49:37 gmt', true],
    ['0', '0', false],
    ['-1', '-1', false],
    ['empty', '', false],
    ['UTC', 'Sun, 06 Nov 2050 08:49:37 UTC', false],
    ['another zone', 'Sun, 06 Nov 2050 08:49:37 EST', false],
    ['an offset', 'Sun, 06 Nov 2050 08:49:37 +0000', false],
    ['ISO 8601', '2050-11-06T08:49:37Z', false],
    ['a year of two digits', 'Sun, 06 Nov 50 08:49:37 GMT', false],
    ['no comma', 'Sun 06 Nov 2050 08:49:37 GMT', false],
    ['several spaces', 'Sun, 06  Nov  2050 08:49:37 GMT', false],
    ['dashes with a long year', 'Sun, 06-Nov-2050 08:49:37 GMT', false],
    ['an hour of one digit', 'Sun, 06 Nov 2050 8:49:37 GMT', false],
    ['dots in the time', 'Sun, 06 Nov 2050 08.49.37 GMT', false],
    ['no seconds', 'Sun, 06 Nov 2050 08:49 GMT', false],
    ['a day that does not exist', 'Thu, 31 Feb 2050 08:49:37 GMT', false],
    ['hour 24', 'Sun, 06 Nov 2050 24:00:00 GMT', false],
    ['no such month', 'Sun, 06 Nox 2050 08:49:37 GMT', false],
    ['a month made of parts of two names', 'Sun, 06 anf 2050 08:49:37 GMT', false],
    ['text after the date', 'Sun, 06 Nov 2050 08:49:37 GMT x', false],
  ])('5.3: %s', (_, value, fresh) => expect(lifetime({ Expires: value }) > 0).toBe(fresh));
});

describe('RFC 9110 section 5.6.7: dates', () => {
  it.each<[string, number | undefined]>([
    ['Sun, 06 Nov 1994 08:49:37 GMT', 784111777000],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 784111777000],
    ['Sun Nov  6 08:49:37 1994', 784111777000],
    ['Sun Nov 16 08:49:37 1994', 784975777000],
    ['Tuesday, 20-Nov-90 20:20:20 GMT', Date.UTC(1990, 10, 20, 20, 20, 20)],
    ['Nonday, 06-Nov-94 08:49:37 GMT', undefined],
    ['Thu, 29 Feb 2024 00:00:00 GMT', Date.UTC(2024, 1, 29)],
    ['Wed, 29 Feb 2023 00:00:00 GMT', undefined],
  ])('5.6.7: %s', (value, expected) => expect(parseHttpDate(value, T0)).toBe(expected));

  it('5.6.7: a two-digit year that would be more than 50 years ahead is in the past', () => {
    expect(parseHttpDate('Sunday, 03-May-76 00:00:00 GMT', T0)).toBe(Date.UTC(2076, 4, 3));
    expect(parseHttpDate('Sunday, 05-May-76 00:00:00 GMT', T0)).toBe(Date.UTC(1976, 4, 5));
  });
});

describe('the lifetime of a negative answer', () => {
  it.each<[string, Record<string, string | null>, number, Partial<ResolvedLayer>]>([
    ['is a minute', {}, 60, {}],
    ['is not heuristic', { 'Last-Modified': date(-9000) }, 60, {}],
    ['is that of the layer', {}, 5, { negativeMaxAge: 5 }],
    ['is shorter if the origin says so', { 'Cache-Control': 'max-age=10' }, 10, {}],
    ['is longer if the origin says so', { 'Cache-Control': 'max-age=600' }, 600, {}],
    ['is that of Expires', { Expires: date(600) }, 600, {}],
    ['has a limit', { 'Cache-Control': 'max-age=86400' }, 3600, {}],
    ['has the limit of the layer', { 'Cache-Control': 'max-age=86400' }, 43200, { maxNegativeAge: 43200 }],
    ['is a minute if it hides a good tile', { 'Cache-Control': 'max-age=86400', [HIDES_HEADER]: '1' }, 60, {}],
    ['begins with its arrival', { Age: '500' }, 560, {}],
    ['begins with its arrival, and has a limit', { Age: '5000', 'Cache-Control': 'max-age=86400' }, 8600, {}],
  ])('%s', (_, headers, expected, options) => {
    for (const status of [404, 410, 204])
      expect(freshnessLifetime(stored(headers, { status }), layer(options)).lifetime).toBe(expected);
    const empty = stored({ ...headers, 'Content-Length': '0' }, { status: 200 });
    expect(freshnessLifetime(empty, layer(options))).toMatchObject({ lifetime: expected, staleWhileRevalidate: 0 });
  });
  it('is not extended by a confirmed version', () =>
    expect(after(61, stored({}, { status: 404 }), { confirmed: 900 }).kind).toBe('validate'));
});

describe('RFC 9111 section 4.2.2: heuristic freshness', () => {
  const modified = { 'Last-Modified': date(-1000) };
  it.each([200, 203])('4.2.2: a tenth for %i', (status) => expect(lifetime(modified, status)).toBe(100));
  it.each([300, 301, 308, 405, 414, 501])(
    '4.2.2: a tenth for %i, at most negativeMaxAge, because it is not a tile',
    (status) => {
      expect(lifetime({ 'Last-Modified': date(-500) }, status)).toBe(50);
      expect(lifetime({ 'Last-Modified': date(-1_000_000) }, status)).toBe(60);
    },
  );
  it.each([201, 202, 302, 303, 307, 400, 403, 429, 500, 502, 503, 504, 599])('4.2.2: none for %i', (status) =>
    expect(lifetime(modified, status)).toBe(0),
  );
  it.each<[string, Record<string, string | null>, number]>([
    ['4.2.2: not beside max-age', { ...modified, ...cc('max-age=0') }, 0],
    ['4.2.2: not beside Expires', { ...modified, Expires: '0' }, 0],
    ['4.2.2: beside other directives', { ...modified, ...cc('private') }, 100],
    ["4.2.2: relative to the origin's Date", { 'Last-Modified': date(-1000), Date: date(-500) }, 50],
    ['4.2.2: relative to the time of arrival without Date', { ...modified, Date: null }, 100],
    ['4.2.2: none for a modification in the future', { 'Last-Modified': date(1000) }, 0],
    ['4.2.2: none for an invalid date', { 'Last-Modified': 'long ago' }, 0],
    ['4.2.2: none without Last-Modified', {}, 0],
    [
      '4.2.2: at most a week, because of the constant dates of reproducible builds',
      { 'Last-Modified': date(-1_700_000_000) },
      604_800,
    ],
  ])('%s', (_, headers, expected) => expect(lifetime(headers)).toBe(expected));
  it('4.2.2: with public, any status has one, and one without a tile at most negativeMaxAge', () =>
    expect(lifetime({ ...modified, ...cc('public') }, 599)).toBe(60));
  it('4.2.2: the result says that the lifetime is heuristic', () => {
    expect(freshnessLifetime(stored(modified), layer()).heuristic).toBe(true);
    expect(freshnessLifetime(stored(cc('max-age=9')), layer()).heuristic).toBe(false);
  });
});

describe('windows of a layer', () => {
  const windows = { maxAge: 60, staleWhileRevalidate: 30, staleIfError: 100 };
  const all = (headers: Record<string, string | null>, options: object, status = 200) => {
    const {
      lifetime: life,
      staleWhileRevalidate,
      staleIfError,
    } = freshnessLifetime(stored(headers, { status }), layer(options));
    return [life, staleWhileRevalidate, staleIfError];
  };
  it.each<[string, Record<string, string | null>, object, (number | undefined)[], number?]>([
    ['add the directives that the origin does not send', {}, windows, [60, 30, 100]],
    ['take precedence over heuristics', { 'Last-Modified': date(-10000) }, windows, [60, 30, 100]],
    ["do not replace the origin's max-age", cc('max-age=5'), windows, [5, 30, 100]],
    ["do not replace the origin's Expires", { Expires: date(7) }, windows, [7, 30, 100]],
    ['do not replace an invalid Expires', { Expires: '0' }, windows, [0, 30, 100]],
    ["do not replace the origin's windows", cc('stale-while-revalidate=1, stale-if-error=2'), windows, [60, 1, 2]],
    [
      'override',
      cc('max-age=5, stale-while-revalidate=1, stale-if-error=2'),
      { ...windows, override: true },
      [60, 30, 100],
    ],
    [
      'with override, replace only the directives that they contain',
      cc('max-age=5, stale-while-revalidate=1'),
      { maxAge: 60, override: true },
      [60, 1, undefined],
    ],
    ['do not apply to must-revalidate', cc('must-revalidate'), windows, [60, 0, 0]],
    [
      'do not apply to must-revalidate, even with override',
      cc('max-age=5, must-revalidate'),
      { ...windows, override: true },
      [60, 0, 0],
    ],
    ['do not apply to no-cache, even with override', cc('no-cache'), { ...windows, override: true }, [60, 0, 0]],
    ['do not apply to negative answers, except stale-if-error', {}, { ...windows, maxAge: 900 }, [60, 0, 100], 404],
    ['do not apply to 204', {}, { ...windows, maxAge: 900, override: true }, [60, 0, 100], 204],
    ['apply to opaque tiles', { Date: null }, windows, [60, 30, 100], 0],
    ['do not apply to errors', {}, windows, [0, 0, undefined], 500],
    ['do not apply to 501', {}, windows, [0, 0, undefined], 501],
    ['do not apply to 403', {}, { ...windows, override: true }, [0, 0, undefined], 403],
    [
      "do not replace the origin's directives of an error",
      cc('max-age=5, stale-if-error=9'),
      { ...windows, override: true },
      [5, 0, 9],
      503,
    ],
    ['without any, only the headers decide', {}, {}, [0, 0, undefined]],
  ])('%s', (_, headers, options, expected, status) => expect(all(headers, options, status)).toEqual(expected));

  it.each<[string, Record<string, string | null>, (number | undefined)[]]>([
    ['apply if there is neither Cache-Control nor Expires', {}, [0, 604800, undefined]],
    ['take precedence over heuristics', { 'Last-Modified': date(-1000) }, [0, 604800, undefined]],
    [
      'do not apply if there is any Cache-Control',
      { ...cc('public'), 'Last-Modified': date(-1000) },
      [100, 0, undefined],
    ],
    ['do not apply if there is an empty Cache-Control', cc(''), [0, 0, undefined]],
    ['do not apply if there is Expires', { Expires: date(9) }, [9, 0, undefined]],
  ])('of the catch-all layer: %s', (_, headers, expected) => expect(all(headers, CATCH_ALL)).toEqual(expected));

  it('validates no-cache even if the layer has override', () =>
    expect(word(after(1, stored(cc('no-cache')), { layer: layer({ ...windows, override: true }) }))).toBe('validate'));
});
