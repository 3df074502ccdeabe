import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerRange } from '../../../sw/http/ranges';
import { date, stored } from './support';

const tile = stored({ ETag: '"a"', 'Last-Modified': date(-60), 'Content-Type': 'image/png' });
const weak = stored({ ETag: 'W/"a"', 'Last-Modified': date(0) });

/** `first-last` of a body of 100 bytes, or the status, or `ignore`. */
const range = (value: string | null, ifRange: string | null = null, kept = tile, length = 100) => {
  const answer = answerRange(value, ifRange, kept, length);
  return answer.kind === 'partial'
    ? `${answer.start}-${answer.end}`
    : answer.kind === 'unsatisfiable'
      ? '416'
      : 'ignore';
};

describe('RFC 9110 section 14: ranges of a whole stored response', () => {
  it.each<[string, string | null, string]>([
    ['14.1.2: first and last', 'bytes=0-9', '0-9'],
    ['14.1.2: one byte', 'bytes=0-0', '0-0'],
    ['14.1.2: open-ended', 'bytes=90-', '90-99'],
    ['14.1.2: a suffix', 'bytes=-10', '90-99'],
    ['14.1.2: a suffix longer than the body', 'bytes=-1000', '0-99'],
    ['14.1.2: last beyond the end', 'bytes=90-1000', '90-99'],
    ['14.1.2: huge numbers', 'bytes=0-99999999999999999999999', '0-99'],
    ['14.1: units in any case', 'Bytes=0-9', '0-9'],
    ['14.1.2: first beyond the end', 'bytes=100-', '416'],
    ['14.1.2: an empty suffix', 'bytes=-0', '416'],
    ['14.1.1: last before first is invalid', 'bytes=9-0', 'ignore'],
    ['14.2: several ranges', 'bytes=0-1,5-6', 'ignore'],
    ['14.2: another unit', 'rows=0-9', 'ignore'],
    ['14.2: neither first nor last', 'bytes=-', 'ignore'],
    ['14.2: no numbers', 'bytes=a-b', 'ignore'],
    ['14.2: negative', 'bytes=-1-2', 'ignore'],
    ['14.2: none', null, 'ignore'],
  ])('%s', (_, value, expected) => expect(range(value)).toBe(expected));

  it('14.1.2: any range of an empty body', () => expect(range('bytes=0-', null, tile, 0)).toBe('416'));
  it('14.2: only for a stored 200', () => expect(range('bytes=0-9', null, stored({}, { status: 404 }))).toBe('ignore'));
  it('14.2: not for a representation with a content coding', () =>
    expect(range('bytes=0-9', null, stored({ 'Content-Encoding': 'gzip' }))).toBe('ignore'));

  it.each<[string, string, typeof tile, string]>([
    ['13.1.5: the same strong tag', '"a"', tile, '0-9'],
    ['13.1.5: another tag', '"b"', tile, 'ignore'],
    ['13.1.5: a weak tag never matches', 'W/"a"', weak, 'ignore'],
    ['13.1.5: a strong tag does not match a weak one', '"a"', weak, 'ignore'],
    ['13.1.5: the same date, a strong validator', date(-60), tile, '0-9'],
    ['13.1.5: a later date does not match', date(-59), tile, 'ignore'],
    ['13.1.5: the same date, a weak validator', date(0), weak, 'ignore'],
    ['13.1.5: no date', 'x', tile, 'ignore'],
    ['13.1.5: nothing stored to compare', '"a"', stored(), 'ignore'],
  ])('%s', (_, ifRange, kept, expected) => expect(range('bytes=0-9', ifRange, kept)).toBe(expected));

  it('15.3.7: the headers of a 206', () => {
    const answer = answerRange('bytes=5-9', null, tile, 100);
    expect(answer).toMatchObject({ status: 206, start: 5, end: 9 });
    const headers = answer.kind === 'partial' ? answer.headers : new Headers();
    expect([
      headers.get('content-range'),
      headers.get('content-length'),
      headers.get('etag'),
      headers.get('content-type'),
    ]).toEqual(['bytes 5-9/100', '5', '"a"', 'image/png']);
    expect(tile.headers.has('content-range')).toBe(false);
  });
  it('15.5.17: the headers of a 416', () => {
    const answer = answerRange('bytes=500-', null, tile, 100);
    expect(answer.kind === 'unsatisfiable' && answer.headers.get('content-range')).toBe('bytes */100');
  });

  it('a part lies within the whole', () => {
    const bound = fc.option(fc.nat(200), { nil: '' });
    fc.assert(
      fc.property(bound, bound, fc.nat(150), (first, last, length) => {
        const answer = answerRange(`bytes=${first}-${last}`, null, tile, length);
        if (answer.kind !== 'partial') return;
        expect(answer.start).toBeGreaterThanOrEqual(0);
        expect(answer.end).toBeGreaterThanOrEqual(answer.start);
        expect(answer.end).toBeLessThan(length);
      }),
    );
  });
});
