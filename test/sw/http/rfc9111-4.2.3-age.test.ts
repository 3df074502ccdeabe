import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ResolvedLayer } from '../../../src/shared/layer-options';
import { createClockSkew } from '../../../sw/http/clock-skew';
import { currentAge, isAgeKnown } from '../../../sw/http/freshness';
import type { StoredResponse } from '../../../sw/http/stored-response';
import { after, at, CATCH_ALL, date, layer, stored, T0, word } from './support';

describe('RFC 9111 section 4.2.3: age', () => {
  it.each<[string, Record<string, string | null>, { requestAt?: number; responseAt?: number }, number, number]>([
    ['4.2.3: resident time', {}, {}, 10, 10],
    ['4.2.3: apparent age', { Date: date(-30) }, {}, 10, 40],
    ['4.2.3: no apparent age for a Date in the future', { Date: date(30) }, {}, 10, 10],
    ['4.2.3: less than a second is not an apparent age', {}, { responseAt: T0 + 999, requestAt: T0 + 999 }, 0.999, 0],
    ['4.2.3: age value', { Age: '100' }, {}, 10, 110],
    ['4.2.3: age value and response delay', { Age: '100' }, { requestAt: at(-5) }, 10, 115],
    ['4.2.3: response delay alone', {}, { requestAt: at(-5) }, 10, 15],
    ['4.2.3: the greater of the two is Age', { Age: '100', Date: date(-30) }, {}, 0, 100],
    ['4.2.3: the greater of the two is the apparent age', { Age: '10', Date: date(-30) }, {}, 0, 30],
    ['4.2.3: without Date', { Age: '10', Date: null }, {}, 5, 15],
    ['4.2.3: with an invalid Date', { Date: '0' }, {}, 5, 5],
    ['4.2.3: a clock that goes back does not reduce the age', { Age: '10' }, {}, -3600, 10],
    ['4.2.3: a clock that goes back during the request', { Age: '10' }, { requestAt: at(3600) }, 5, 15],
    ['4.2.3: a clock that goes forward counts', {}, {}, 31536000, 31536000],
    ['5.1: the first member of a list', { Age: '7, 9000' }, {}, 0, 7],
    ['5.1: a negative one is ignored', { Age: '-7' }, {}, 3, 3],
    ['5.1: a sign is ignored', { Age: '+7' }, {}, 3, 3],
    ['5.1: a fraction is ignored', { Age: '7.5' }, {}, 3, 3],
    ['5.1: junk is ignored', { Age: 'old' }, {}, 3, 3],
    ['5.1: an empty one is ignored', { Age: '' }, {}, 3, 3],
    ['1.2.2: an Age that is too large counts as 2^31', { Age: '99999999999999' }, {}, 0, 2147483648],
  ])('%s', (_, headers, times, seconds, expected) =>
    expect(currentAge(stored(headers, times), at(seconds))).toBe(expected),
  );

  it('a response may be stale on arrival', () =>
    expect(word(after(0, stored({ 'Cache-Control': 'max-age=10', Age: '15' })))).toBe('validate'));
  it('the answer has the current age', () =>
    expect(after(2, stored({ 'Cache-Control': 'max-age=600', Age: '30' }))).toMatchObject({
      kind: 'respond',
      age: 32,
      ttl: 568,
    }));

  describe('a clock that went back to before the arrival', () => {
    it('makes the age unknown, so the tile is validated', () =>
      expect(word(after(-2, stored({ 'Cache-Control': 'max-age=600' })))).toBe('validate'));
    it('by less than a second does not matter', () =>
      expect(word(after(-0.9, stored({ 'Cache-Control': 'max-age=600' })))).toBe('fresh'));
    it('allows no answer with the tile before it is validated', () =>
      expect(
        word(after(-60, stored({ 'Cache-Control': 'max-age=600' }), { layer: layer({ staleWhileRevalidate: 86400 }) })),
      ).toBe('validate'));
    it.each([-1800, -55 * 365 * 86400])('by %d s: stale-if-error goes by the known part of the age', (seconds) => {
      const tile = stored({ 'Cache-Control': 'max-age=600' });
      const old = stored({ 'Cache-Control': 'max-age=600', Age: '90000' });
      const poi = layer({ staleIfError: 86400 });
      const fallback = (of: StoredResponse, to: ResolvedLayer) => after(seconds, of, { layer: to });
      expect(fallback(tile, poi)).toMatchObject({ kind: 'validate', fallback: true });
      expect(fallback(old, poi)).toMatchObject({ fallback: false });
      expect(fallback(tile, CATCH_ALL)).toMatchObject({ fallback: true });
      expect(fallback(old, layer({ staleIfError: Infinity }))).toMatchObject({ fallback: true });
      expect(fallback(tile, layer({ staleIfError: 0 }))).toMatchObject({ fallback: false });
      expect(fallback(tile, layer())).toMatchObject({ fallback: false });
    });
  });

  describe('a tile that arrived while the clock was far behind', () => {
    const YEARS = 55 * 365 * 86400;
    // The device requested the tile in 1971 by its own clock. The origin made it at T0.
    const early = (headers = {}) =>
      stored({ 'Cache-Control': 'max-age=600', ...headers }, { requestAt: at(-YEARS), responseAt: at(-YEARS) });
    const layers = { base: layer({ staleIfError: Infinity }), none: layer({ staleIfError: 0 }) };

    it('is fresh as usual under that clock', () => expect(word(after(-YEARS + 60, early()))).toBe('fresh'));
    it('has an unknown age once the clock is right, and not one of 20,000 days', () => {
      expect(isAgeKnown(early(), at(30))).toBe(false);
      expect(currentAge(early(), at(30))).toBe(30);
      expect(word(after(30, early()))).toBe('validate');
    });
    it('stands in for a failed origin as the layer allows', () => {
      expect(after(30, early(), { layer: layers.base })).toMatchObject({ fallback: true });
      expect(after(30, early(), { layer: layers.none })).toMatchObject({ fallback: false });
    });
    it('is fresh if its version is confirmed', () => expect(word(after(30, early(), { confirmed: 60 }))).toBe('fresh'));
    it('counts as a Date in the future if the difference is less than a week', () => {
      const tile = stored({ Date: date(6 * 86400) });
      expect(currentAge(tile, at(8 * 86400))).toBe(8 * 86400);
      expect(isAgeKnown(tile, at(8 * 86400))).toBe(true);
    });
  });

  describe('a clock that is ahead', () => {
    const AHEAD = 400 * 86400 * 1000;
    it('derives no age from a Date that is behind only because of that clock', () => {
      const tile = stored({ Date: date(-400 * 86400) }, { clockAhead: AHEAD });
      expect(currentAge(tile, at(5))).toBe(5);
      expect(currentAge(stored({ Date: date(-400 * 86400 - 30) }, { clockAhead: AHEAD }), at(5))).toBe(35);
    });
    it('blanks no tile of a layer with staleIfError: Infinity, even beyond a finite stale-if-error of the origin', () => {
      const tile = stored({ 'Cache-Control': 'max-age=60, stale-if-error=31536000' });
      const base = layer({ staleIfError: Infinity });
      expect(after(400 * 86400, tile, { layer: base })).toMatchObject({ fallback: true });
      expect(after(400 * 86400, tile, { layer: layer({ staleIfError: 86400 }) })).toMatchObject({ fallback: false });
      const never = stored({ 'Cache-Control': 'max-age=60, stale-if-error=0' });
      expect(after(400 * 86400, never, { layer: base })).toMatchObject({ fallback: false });
      const must = stored({ 'Cache-Control': 'max-age=60, must-revalidate, stale-if-error=31536000' });
      expect(after(400 * 86400, must, { layer: base })).toMatchObject({ fallback: false });
    });
  });

  describe('the proof that the clock is ahead', () => {
    const headers = (seconds: number, more = {}) => new Headers({ Date: date(seconds), ...more });
    const skewBy = (monotonic = () => 0) =>
      createClockSkew({ now: () => T0, monotonic, kept: () => 0, keep: () => {} });
    it('is an answer of the origin itself', () => {
      const skew = skewBy();
      expect(skew.ahead(headers(-86400), at(0), false)).toBe(0);
      expect(skew.ahead(headers(-86400), at(0), true)).toBe(86400_000);
      expect(skew.ahead(headers(-86390), at(10), false)).toBe(86400_000);
    });
    it('is the smallest difference of all answers, because some come from caches', () => {
      const skew = skewBy();
      skew.ahead(headers(-90000), at(0), true);
      expect(skew.ahead(headers(-3600), at(1), true)).toBe(3601_000);
      expect(skew.ahead(headers(0), at(2), true)).toBe(0);
      expect(skew.ahead(headers(-90000), at(3), false)).toBe(0);
    });
    it('does not include Age, nor differences of up to a minute', () => {
      const skew = skewBy();
      expect(skew.ahead(headers(-86400, { Age: '86399' }), at(0), true)).toBe(0);
      expect(skew.ahead(headers(-59), at(0), true)).toBe(0);
    });
    it('is forgotten once the clock was set', () => {
      let monotonic = 0;
      const skew = skewBy(() => monotonic);
      skew.ahead(headers(0), at(86400), true);
      monotonic = 5000;
      expect(skew.ahead(headers(0), at(5), false)).toBe(0);
      expect(skew.ahead(headers(-86400), at(6), false)).toBe(0);
    });
  });

  const headers = fc.record({
    Age: fc.option(
      fc.oneof(fc.nat(10000).map(String), fc.string(), fc.constant('-5')).map((v) => v.replace(/[^\x20-\x7e]/g, '')),
      { nil: null },
    ),
    Date: fc.option(fc.integer({ min: -100000, max: 100000 }).map(date), { nil: null }),
  });
  const instants = fc.integer({ min: -1_000_000, max: 1_000_000 }).map((ms) => T0 + ms);

  it('the age is never negative and never less than on arrival, whatever the clock does', () => {
    fc.assert(
      fc.property(headers, instants, instants, instants, (fields, requestAt, responseAt, now) => {
        const tile = stored(fields, { requestAt, responseAt });
        const age = currentAge(tile, now);
        expect(age).toBeGreaterThanOrEqual(0);
        expect(age).toBeGreaterThanOrEqual(currentAge(tile, responseAt));
        expect(Number.isInteger(age)).toBe(true);
      }),
    );
  });

  it('the age never decreases while the clock advances', () => {
    fc.assert(
      fc.property(headers, instants, instants, fc.nat(100000), (fields, responseAt, now, step) => {
        const tile = stored(fields, { requestAt: responseAt, responseAt });
        expect(currentAge(tile, now + step)).toBeGreaterThanOrEqual(currentAge(tile, now));
      }),
    );
  });
});
