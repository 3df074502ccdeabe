import { describe, expect, it } from 'vitest';
import { FailedTile, waitIn } from '../../../src/adapters/failed-tile';

const wait = (status: number, after?: string) =>
  waitIn(new FailedTile(new Response(null, { status, headers: after === undefined ? {} : { 'retry-after': after } })));

describe('how long the origin of a failed tile asks clients to wait', () => {
  it.each<[number, string | undefined, number | undefined]>([
    [429, '60', 60_000],
    [503, '5', 5000],
    [429, undefined, undefined],
    [429, 'soon', undefined],
    [429, '', undefined],
    [429, 'Thu, 01 Jan 1970 00:00:00 GMT', 0],
    [429, 'Fri, 31 Dec 9999 23:59:59 GMT', 3_600_000],
    [429, '99999999999999999999', 3_600_000],
    // With these statuses, Retry-After means something else.
    [500, '60', undefined],
    [404, '60', undefined],
  ])('%i, Retry-After: %s', (status, after, expected) => expect(wait(status, after)).toBe(expected));

  it('a date', () => {
    const ms = wait(429, new Date(Date.now() + 90_000).toUTCString())!;
    expect(ms).toBeGreaterThan(60_000);
    expect(ms).toBeLessThanOrEqual(90_000);
  });

  it('is undefined without an answer', () => expect(waitIn(new TypeError('Failed to fetch'))).toBeUndefined());
});
