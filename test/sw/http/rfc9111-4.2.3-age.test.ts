import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { currentAge } from '../../../sw/http/freshness';
import { after, at, CATCH_ALL, date, layer, stored, T0, word } from './support';

describe('RFC 9111 section 4.2.3: age', () => {
  it.each<[string, Record<string, string | null>, { requestAt?: number; responseAt?: number }, number, number]>([
    ['4.2.3: resident time', {}, {}, 10, 10],
    ['4.2.3: apparent age', { Date: date(-30) }, {}, 10, 40],
    ['4.2.3: apparent age of a Date ahead of us is none', { Date: date(30) }, {}, 10, 10],
    ['4.2.3: less than a second is no apparent age', {}, { responseAt: T0 + 999, requestAt: T0 + 999 }, 0.999, 0],
    ['4.2.3: age value', { Age: '100' }, {}, 10, 110],
    ['4.2.3: age value and response delay', { Age: '100' }, { requestAt: at(-5) }, 10, 115],
    ['4.2.3: response delay alone', {}, { requestAt: at(-5) }, 10, 15],
    ['4.2.3: the greater of the two, Age', { Age: '100', Date: date(-30) }, {}, 0, 100],
    ['4.2.3: the greater of the two, Date', { Age: '10', Date: date(-30) }, {}, 0, 30],
    ['4.2.3: without Date', { Age: '10', Date: null }, {}, 5, 15],
    ['4.2.3: with an invalid Date', { Date: '0' }, {}, 5, 5],
    ['4.2.3: a clock that goes back takes nothing away', { Age: '10' }, {}, -3600, 10],
    ['4.2.3: a clock that goes back during the request', { Age: '10' }, { requestAt: at(3600) }, 5, 15],
    ['4.2.3: a clock that goes forward counts', {}, {}, 31536000, 31536000],
    ['5.1: a list, the first member', { Age: '7, 9000' }, {}, 0, 7],
    ['5.1: a negative one is ignored', { Age: '-7' }, {}, 3, 3],
    ['5.1: a sign is ignored', { Age: '+7' }, {}, 3, 3],
    ['5.1: a fraction is ignored', { Age: '7.5' }, {}, 3, 3],
    ['5.1: junk is ignored', { Age: 'old' }, {}, 3, 3],
    ['5.1: an empty one is ignored', { Age: '' }, {}, 3, 3],
    ['1.2.2: too large a one is 2^31', { Age: '99999999999999' }, {}, 0, 2147483648],
  ])('%s', (_, headers, times, seconds, expected) =>
    expect(currentAge(stored(headers, times), at(seconds))).toBe(expected),
  );

  it('arrives already stale', () =>
    expect(word(after(0, stored({ 'Cache-Control': 'max-age=10', Age: '15' })))).toBe('validate'));
  it('answers with the age that it has', () =>
    expect(after(2, stored({ 'Cache-Control': 'max-age=600', Age: '30' }))).toMatchObject({
      kind: 'respond',
      age: 32,
      ttl: 568,
    }));

  describe('a clock that went back behind the arrival', () => {
    it('makes the age unknown: validate', () =>
      expect(word(after(-2, stored({ 'Cache-Control': 'max-age=600' })))).toBe('validate'));
    it('by less than a second is noise', () =>
      expect(word(after(-0.9, stored({ 'Cache-Control': 'max-age=600' })))).toBe('fresh'));
    it('leaves no window but an unlimited one', () => {
      const tile = stored({ 'Cache-Control': 'max-age=600' });
      expect(word(after(-60, tile, { layer: CATCH_ALL }))).toBe('validate');
      expect(after(-60, tile, { layer: layer({ staleIfError: 86400 }) })).toMatchObject({ fallback: false });
      expect(after(-60, tile, { layer: layer({ staleIfError: Infinity }) })).toMatchObject({ fallback: true });
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

  it('is never negative and never less than on arrival, whatever the clock does', () => {
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

  it('never falls while the clock goes on', () => {
    fc.assert(
      fc.property(headers, instants, instants, fc.nat(100000), (fields, responseAt, now, step) => {
        const tile = stored(fields, { requestAt: responseAt, responseAt });
        expect(currentAge(tile, now + step)).toBeGreaterThanOrEqual(currentAge(tile, now));
      }),
    );
  });
});
