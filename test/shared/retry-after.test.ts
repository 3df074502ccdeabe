import { describe, expect, it } from 'vitest';
import { parseRetryAfter, retryAfter } from '../../src/shared/retry-after';

const NOW = Date.parse('2026-01-01T00:00:00Z');

describe('RFC 9110 section 10.2.3', () => {
  it.each([
    ['120', 120_000],
    [' 120 ', 120_000],
    ['0', 0],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['Thursday, 01-Jan-26 00:00:30 GMT', 30_000],
    // A date in the past.
    ['Wed, 31 Dec 2025 23:59:30 GMT', 0],
    // Neither a number of seconds nor a date, whatever a browser's parser makes of it.
    ['-5', undefined],
    ['1.5', undefined],
    ['2030.1', undefined],
    ['2030', 2_030_000],
    ['1e3', undefined],
    ['5; 6', undefined],
    ['soon', undefined],
    ['2026-01-01', undefined],
    ['', undefined],
    [null, undefined],
  ])('%j', (value, ms) => expect(parseRetryAfter(value, NOW)).toBe(ms));

  it('at most an hour for a waiting page or worker', () => {
    const of = (value: string) => retryAfter(new Headers({ 'retry-after': value }), NOW);
    expect([of('86400'), of('9'.repeat(400)), of('60'), of('-5')]).toEqual([3_600_000, 3_600_000, 60_000, undefined]);
  });
});
