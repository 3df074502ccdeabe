import { describe, expect, it } from 'vitest';
import { conditionalHeaders, freshenHeaders, headMatches, selectedBy304 } from '../../../sw/http/validators';
import { after, asks, at, date, stored, word } from './support';

const LM = date(-3000);
const h = (fields: Record<string, string>) => new Headers(fields);

describe('RFC 9111 section 4.3.1: sending a validation request', () => {
  it.each<[string, ReturnType<typeof stored>[], Record<string, string>]>([
    ['4.3.1: a strong tag', [stored({ ETag: '"a"' })], { 'If-None-Match': '"a"' }],
    ['4.3.1: a weak tag', [stored({ ETag: 'W/"a"' })], { 'If-None-Match': 'W/"a"' }],
    ['4.3.1: an empty tag', [stored({ ETag: '""' })], { 'If-None-Match': '""' }],
    ['4.3.1: Last-Modified, as received', [stored({ 'Last-Modified': LM })], { 'If-Modified-Since': LM }],
    [
      '4.3.1: both',
      [stored({ ETag: '"a"', 'Last-Modified': LM })],
      { 'If-None-Match': '"a"', 'If-Modified-Since': LM },
    ],
    [
      '4.3.1: the tags of all variants, and no date',
      [stored({ ETag: '"a"', 'Last-Modified': LM }), stored({ ETag: '"b"' })],
      { 'If-None-Match': '"a", "b"' },
    ],
    [
      'a tag with the suffix of a selected coding, and the tag without it',
      [stored({ ETag: '"a-gzip"', Vary: 'Accept-Encoding' })],
      { 'If-None-Match': '"a-gzip", "a"' },
    ],
    [
      'the same for a weak tag with the suffix in capitals',
      [stored({ ETag: 'W/"a;BR"', Vary: 'Origin, accept-encoding' })],
      { 'If-None-Match': 'W/"a;BR", W/"a"' },
    ],
    ['a tag that only looks as if it had such a suffix', [stored({ ETag: '"pt-br"' })], { 'If-None-Match': '"pt-br"' }],
    [
      'a plain tag of a response with a selected coding',
      [stored({ ETag: '"a"', Vary: 'Accept-Encoding' })],
      { 'If-None-Match': '"a"' },
    ],
    ['4.3.1: one tag of two responses', [stored({ ETag: '"a"' }), stored({ ETag: '"a"' })], { 'If-None-Match': '"a"' }],
    ['4.3.1: no validator', [stored()], {}],
    ['RFC 9110 section 8.8.3: an unquoted tag is invalid', [stored({ ETag: 'a' })], {}],
    ['RFC 9110 section 13.1.2: a tag of * must not match all', [stored({ ETag: '*' })], {}],
    ['RFC 9110 section 8.8.3: a lower-case w is invalid', [stored({ ETag: 'w/"a"' })], {}],
    [
      'RFC 9110 section 13.2.1: only a success can be validated',
      [stored({ ETag: '"a"', 'Last-Modified': LM }, { status: 404 })],
      {},
    ],
    ['nothing stored', [], {}],
  ])('%s', (_, tiles, expected) => expect(conditionalHeaders(tiles)).toEqual(expected));
  it('accepts a single tile', () =>
    expect(conditionalHeaders(stored({ ETag: '"a"' }))).toEqual({ 'If-None-Match': '"a"' }));
});

describe('RFC 9111 section 4.3.4: which stored response a 304 selects', () => {
  const strong = stored({ ETag: '"a"' });
  const other = stored({ ETag: '"b"' });
  const weak = stored({ ETag: 'W/"a"' });
  const newer = stored({ ETag: 'W/"a"' }, { responseAt: at(5) });
  const dated = stored({ 'Last-Modified': LM });
  const justMade = stored({ 'Last-Modified': date(0) });
  const bare = stored();
  const gzipped = stored({ ETag: '"a-gzip"' });
  const semicolon = stored({ ETag: 'W/"a;gzip"' });
  it.each<[string, Record<string, string>, ReturnType<typeof stored>[], ReturnType<typeof stored> | undefined]>([
    ['4.3.4: the same strong tag', { ETag: '"b"' }, [strong, other], other],
    ['4.3.4: a strong tag that matches none', { ETag: '"c"' }, [strong, other], undefined],
    ['4.3.4: a strong tag that does not match the only one', { ETag: '"c"' }, [strong], undefined],
    ['4.3.4: a strong tag does not match a weak one of several', { ETag: '"a"' }, [weak, other], undefined],
    ['nginx with gzip on: a 304 with the strong form of the tag in the request', { ETag: '"a"' }, [weak], weak],
    ['one tag in the request, and another response without a tag', { ETag: '"a"' }, [weak, bare], weak],
    [
      'a response that is no success was not in the request',
      { ETag: '"a"' },
      [weak, stored({ ETag: '"b"' }, { status: 404 })],
      weak,
    ],
    ['Apache: 304 without the suffix', { ETag: '"a"' }, [gzipped], gzipped],
    ['Apache behind a proxy that weakens tags', { ETag: 'W/"a"' }, [gzipped], gzipped],
    ['a 304 with a suffix that the 200 did not have', { ETag: '"a-gzip"' }, [strong], strong],
    ['Varnish and others: ;gzip', { ETag: '"a"' }, [semicolon], semicolon],
    ['brotli against gzip', { ETag: '"a-br"' }, [gzipped], gzipped],
    ['a suffix does not make different tags match', { ETag: '"b"' }, [gzipped], undefined],
    ['a suffix that is not a coding', { ETag: '"a"' }, [stored({ ETag: '"a-v2"' })], undefined],
    ['several tags in the request: only exact matches', { ETag: '"a"' }, [gzipped, other], undefined],
    [
      '4.3.4: another strong tag, the same date',
      { ETag: '"c"', 'Last-Modified': LM },
      [stored({ ETag: '"a"', 'Last-Modified': LM })],
      undefined,
    ],
    [
      '4.3.4: a strong tag, and a stored response with only a strong date',
      { ETag: '"c"', 'Last-Modified': LM },
      [dated],
      dated,
    ],
    [
      '4.3.4: a strong tag, and a stored response with only a weak date',
      { ETag: '"c"', 'Last-Modified': date(0) },
      [justMade],
      undefined,
    ],
    ['4.3.4: a weak tag matches weakly', { ETag: 'W/"a"' }, [strong, other], strong],
    ['4.3.4: of several with the same weak tag, the most recent', { ETag: 'W/"a"' }, [weak, newer, other], newer],
    ['4.3.4: a weak tag that matches none', { ETag: 'W/"c"' }, [weak], undefined],
    ['4.3.4: the same date', { 'Last-Modified': LM }, [dated, bare], dated],
    ['4.3.4: another date', { 'Last-Modified': date(-1) }, [dated], undefined],
    ['4.3.4: a date, and a stored response with only a tag', { 'Last-Modified': LM }, [strong], undefined],
    ['4.3.4: no validator, and one stored response without a validator', {}, [bare], bare],
    ['RFC 9110 section 15.4.5: no tag, and only one in the request', {}, [strong], strong],
    ['4.3.4: no validator, several stored', {}, [strong, other], undefined],
    ['4.3.4: nothing stored', { ETag: '"a"' }, [], undefined],
  ])('%s', (_, fresh, tiles, expected) => expect(selectedBy304(h(fresh), tiles)).toBe(expected));
});

describe('RFC 9111 section 3.2: updating stored header fields', () => {
  const update = (old: Record<string, string>, fresh: Record<string, string>) =>
    Object.fromEntries(freshenHeaders(h(old), h(fresh)));
  it.each<[string, Record<string, string>, Record<string, string>, Record<string, string>]>([
    ['3.2: replaces', { 'X-A': '1', ETag: '"a"' }, { 'X-A': '2' }, { 'x-a': '2', etag: '"a"' }],
    ['3.2: adds', { 'X-A': '1' }, { 'X-B': '2' }, { 'x-a': '1', 'x-b': '2' }],
    [
      '3.2: a new Cache-Control',
      { Expires: date(0) },
      { 'Cache-Control': 'max-age=60' },
      { expires: date(0), 'cache-control': 'max-age=60' },
    ],
    [
      '3.2: another Cache-Control',
      { 'Cache-Control': 'max-age=1' },
      { 'Cache-Control': 'max-age=60' },
      { 'cache-control': 'max-age=60' },
    ],
    ['3.2: Vary', { Vary: 'Accept' }, { Vary: 'Origin' }, { vary: 'Origin' }],
    ['3.2: a weak tag', { ETag: '"a"' }, { ETag: 'W/"a"' }, { etag: 'W/"a"' }],
    [
      '3.2: Content-Type, Content-Location and Content-Foo',
      { 'Content-Type': 'a/b' },
      { 'Content-Type': 'c/d', 'Content-Location': '/x', 'Content-Foo': '1' },
      { 'content-type': 'c/d', 'content-location': '/x', 'content-foo': '1' },
    ],
    ['3.2: not Content-Length', { 'Content-Length': '9' }, { 'Content-Length': '0' }, { 'content-length': '9' }],
    [
      '3.2: not Content-Encoding of a decoded body',
      { 'Content-Encoding': 'gzip' },
      { 'Content-Encoding': 'br' },
      { 'content-encoding': 'gzip' },
    ],
    ['3.2: not Content-Range', {}, { 'Content-Range': 'bytes 0-1/2' }, {}],
    [
      '3.1: not fields of the connection',
      { 'X-Hop': 'a' },
      { Connection: 'x-hop', 'X-Hop': 'b', 'Transfer-Encoding': 'chunked' },
      {},
    ],
    [
      '3.1: not fields that no-cache lists',
      { 'X-User': '1' },
      { 'Cache-Control': 'no-cache="x-user"', 'X-User': '2' },
      { 'cache-control': 'no-cache="x-user"' },
    ],
    [
      'not a Content-Type that scripts add to every response',
      { 'Content-Type': 'image/png' },
      { 'Content-Type': 'text/html; charset=UTF-8' },
      { 'content-type': 'image/png' },
    ],
    [
      '4.2.3: Age and Date come from the 304',
      { Age: '9', Date: date(0) },
      { Age: '1', Date: date(5) },
      { age: '1', date: date(5) },
    ],
    ['4.2.3: Age and Date are removed if the 304 has none', { Age: '9', Date: date(0) }, {}, {}],
  ])('%s', (_, old, fresh, expected) => expect(update(old, fresh)).toEqual(expected));
  it('does not modify the stored headers', () => {
    const old = h({ Age: '9' });
    freshenHeaders(old, h({ 'X-B': '2' }));
    expect([...old]).toEqual([['age', '9']]);
  });
});

describe('RFC 9111 section 4.3.5: freshening by HEAD', () => {
  const tile = h({ ETag: '"a"', 'Last-Modified': LM, 'Content-Length': '9' });
  it.each<[string, Record<string, string>, boolean]>([
    ['4.3.5: all match', { ETag: '"a"', 'Last-Modified': LM, 'Content-Length': '9' }, true],
    ['4.3.5: missing headers do not matter', {}, true],
    ['4.3.5: another tag', { ETag: '"b"' }, false],
    ['4.3.5: another date', { 'Last-Modified': date(0) }, false],
    ['4.3.5: another length', { 'Content-Length': '8' }, false],
    ['4.3.5: the length of an encoded body', { 'Content-Length': '8', 'Content-Encoding': 'gzip' }, true],
  ])('%s', (_, head, expected) => expect(headMatches(h(head), tile)).toBe(expected));
  it('4.3.5: a tag if the stored response has none', () => expect(headMatches(h({ ETag: '"a"' }), h({}))).toBe(false));
});

describe('RFC 9111 section 4.3: when to validate', () => {
  const noCache = stored({ 'Cache-Control': 'no-cache, max-age=600', ETag: '"a"' });
  it('5.2.2.4: no-cache is validated before each use, and never stands in', () =>
    expect(after(1, noCache)).toEqual({
      kind: 'validate',
      why: 'no-cache',
      age: 1,
      ttl: 599,
      fallback: false,
      fwd: 'stale',
    }));
  it('5.2.2.4: no-cache with field names needs no validation', () =>
    expect(word(after(1, stored({ 'Cache-Control': 'no-cache="x-user", max-age=600' })))).toBe('fresh'));
  it('5.2.2.4: no-cache with an empty argument counts as unqualified', () =>
    expect(word(after(1, stored({ 'Cache-Control': 'max-age=600, no-cache=""' })))).toBe('validate'));
  it('5.2.2.4: an unqualified no-cache overrides one with field names', () =>
    expect(word(after(1, stored({ 'Cache-Control': 'no-cache="x", no-cache, max-age=600' })))).toBe('validate'));
  it('5.2.2.2: must-revalidate is reused while fresh', () =>
    expect(word(after(1, stored({ 'Cache-Control': 'max-age=600, must-revalidate' })))).toBe('fresh'));
  it('5.2.2.2: must-revalidate is validated once stale', () =>
    expect(after(600, stored({ 'Cache-Control': 'max-age=600, must-revalidate, stale-if-error=600' }))).toMatchObject({
      kind: 'validate',
      fallback: false,
    }));
  it('5.2.2.1: immutable is reused while fresh', () =>
    expect(word(after(1, stored({ 'Cache-Control': 'max-age=600, immutable' })))).toBe('fresh'));
  it('5.2.2.1: immutable is validated once stale', () =>
    expect(word(after(600, stored({ 'Cache-Control': 'max-age=600, immutable' })))).toBe('validate'));
  it('5.4: Pragma in a response means nothing', () =>
    expect(word(after(1, stored({ Pragma: 'no-cache', 'Cache-Control': 'max-age=9' })))).toBe('fresh'));
  it('a 404 goes stale like any other', () =>
    expect(word(after(9, stored({ 'Cache-Control': 'max-age=9' }, { status: 404 })))).toBe('validate'));
  it('4.1: a response whose variant is unknown is validated, and never stands in', () =>
    expect(after(1, stored({ 'Cache-Control': 'max-age=9, stale-if-error=9' }), { unsureVariant: true })).toEqual({
      kind: 'validate',
      why: 'vary-unseen',
      age: 1,
      ttl: 8,
      fallback: false,
      fwd: 'stale',
    }));
  it('an invalidated tile is validated, and stands in like a stale one', () =>
    expect(
      after(1, stored({ 'Cache-Control': 'max-age=9, stale-if-error=9' }), { rule: 'stale', by: 'marked-stale' }),
    ).toEqual({
      kind: 'validate',
      why: 'marked-stale',
      age: 1,
      ttl: 0,
      fallback: true,
      fwd: 'stale',
    }));
  it('a purged tile counts as missing', () =>
    expect(after(1, stored({ 'Cache-Control': 'max-age=9' }), { rule: 'absent', by: 'purged' })).toEqual({
      kind: 'fetch',
      why: 'purged',
      fwd: 'uri-miss',
    }));
  it('RFC 9211 section 2.2: uri-miss and vary-miss', () => {
    expect(after(1, undefined)).toEqual({ kind: 'fetch', fwd: 'uri-miss', why: 'uri-miss' });
    expect(after(1, undefined, { otherVariants: true })).toEqual({ kind: 'fetch', fwd: 'vary-miss', why: 'vary-miss' });
  });
  it('RFC 9211 section 2.2: fwd=request if the request demands it', () =>
    expect(after(1, stored({ 'Cache-Control': 'max-age=9' }), { request: asks({}, 'no-cache') })).toMatchObject({
      kind: 'validate',
      fwd: 'request',
      ttl: 8,
    }));
});
