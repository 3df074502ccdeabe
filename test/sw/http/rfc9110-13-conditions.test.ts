import { describe, expect, it } from 'vitest';
import { answersNotModified, notModifiedHeaders } from '../../../sw/http/preconditions';
import { after, asks, date, stored } from './support';

const tile = stored({ ETag: '"a"', 'Last-Modified': date(-3000), 'Cache-Control': 'max-age=600' });
const weak = stored({ ETag: 'W/"a"' });

describe('RFC 9110 section 13 and RFC 9111 section 4.3.2: preconditions of the page', () => {
  it.each<[string, Record<string, string>, typeof tile, boolean]>([
    ['13.1.2: the same tag', { 'If-None-Match': '"a"' }, tile, true],
    ['13.1.2: another tag', { 'If-None-Match': '"b"' }, tile, false],
    ['13.1.2: one of several', { 'If-None-Match': '"x", "a", W/"y"' }, tile, true],
    ['13.1.2: compared weakly', { 'If-None-Match': 'W/"a"' }, tile, true],
    [
      'RFC 9110 section 8.8.3.2: W/ inside a tag is part of the tag',
      { 'If-None-Match': '"aW/b"' },
      stored({ ETag: 'W/"aW/b"' }),
      true,
    ],
    [
      'RFC 9110 section 8.8.3.2: W/ inside a tag makes it a different tag',
      { 'If-None-Match': '"ab"' },
      stored({ ETag: '"aW/b"' }),
      false,
    ],
    ['13.1.2: compared weakly, the stored one weak', { 'If-None-Match': '"a"' }, weak, true],
    ['13.1.2: a comma inside a tag', { 'If-None-Match': '"x,a"' }, tile, false],
    ['13.1.2: *', { 'If-None-Match': '*' }, stored(), true],
    ['13.1.2: unquoted', { 'If-None-Match': 'a' }, tile, false],
    ['13.1.2: no tag stored', { 'If-None-Match': '"a"' }, stored(), false],
    ['13.1.3: the same date', { 'If-Modified-Since': date(-3000) }, tile, true],
    ['13.1.3: a later date', { 'If-Modified-Since': date(-2000) }, tile, true],
    ['13.1.3: an earlier date', { 'If-Modified-Since': date(-3001) }, tile, false],
    ['13.1.3: an obsolete form', { 'If-Modified-Since': 'Monday, 04-May-26 12:00:00 GMT' }, tile, true],
    ['13.1.3: an invalid date', { 'If-Modified-Since': 'now' }, tile, false],
    [
      '13.1.3: If-None-Match outweighs it, no match',
      { 'If-None-Match': '"b"', 'If-Modified-Since': date(0) },
      tile,
      false,
    ],
    [
      '13.1.3: If-None-Match outweighs it, a match',
      { 'If-None-Match': '"a"', 'If-Modified-Since': date(-9999) },
      tile,
      true,
    ],
    ['9111 4.3.2: Date if there is no Last-Modified', { 'If-Modified-Since': date(0) }, stored(), true],
    ['9111 4.3.2: Date if there is no Last-Modified, later', { 'If-Modified-Since': date(-1) }, stored(), false],
    [
      '9111 4.3.2: the time of arrival if there is neither',
      { 'If-Modified-Since': date(0) },
      stored({ Date: null }),
      true,
    ],
    [
      '9111 4.3.2: the time of arrival if there is neither, later',
      { 'If-Modified-Since': date(-1) },
      stored({ Date: null }),
      false,
    ],
    ['9111 4.3.2: only for a stored 200', { 'If-None-Match': '"a"' }, stored({ ETag: '"a"' }, { status: 404 }), false],
    ['no precondition', {}, tile, false],
  ])('%s', (_, headers, kept, expected) => expect(answersNotModified(asks(headers), kept)).toBe(expected));

  it.each(['If-Match', 'If-Unmodified-Since'])('9111 4.3.2: only the origin evaluates %s', (name) =>
    expect(after(1, tile, { request: asks({ [name]: '"a"' }) })).toEqual({
      kind: 'fetch',
      fwd: 'bypass',
      why: 'bypass',
    }),
  );

  it('15.4.5: our 304 has the headers about validators and freshness, and not those about the body', () => {
    const headers = notModifiedHeaders(
      new Headers({
        ETag: '"a"',
        Date: date(0),
        Vary: 'Accept',
        'Cache-Control': 'max-age=9',
        Expires: date(9),
        'Content-Location': '/x',
        Age: '3',
        'Content-Type': 'image/png',
        'Content-Length': '9',
        'Content-Encoding': 'gzip',
      }),
    );
    expect([...headers.keys()]).toEqual([
      'age',
      'cache-control',
      'content-location',
      'date',
      'etag',
      'expires',
      'vary',
    ]);
  });
});
