import { describe, expect, it } from 'vitest';
import { mayStore, storableHeaders } from '../../../sw/http/storability';
import { layer } from './support';

const store = (
  status: number,
  headers: Record<string, string>,
  options: { method?: string; noStore?: boolean; type?: ResponseType; opaque?: boolean } = {},
) =>
  mayStore(
    { method: options.method ?? 'GET', noStore: options.noStore ?? false },
    { status, headers: new Headers(headers), ...(options.type && { type: options.type }) },
    layer({ opaque: options.opaque ?? false }),
  ).store;

const ETAG = { ETag: '"a"' };

describe('RFC 9111 section 3: storing responses', () => {
  it.each<[string, number, Record<string, string>, boolean]>([
    ['3: 200 is heuristically cacheable', 200, {}, true],
    ['3: 200 with max-age', 200, { 'Cache-Control': 'max-age=60' }, true],
    ['3: 204 is heuristically cacheable', 204, {}, true],
    ['3: 404 is a negative tile', 404, {}, true],
    ['3: 410 is a negative tile', 410, {}, true],
    ['3: 301 without explicit freshness', 301, {}, true],
    ['3: 308 without explicit freshness', 308, {}, true],
    ['3: 302 without explicit freshness', 302, {}, false],
    ['3: 302 with max-age', 302, { 'Cache-Control': 'max-age=60' }, true],
    ['3: 307 with Expires', 307, { Expires: '0' }, true],
    ['3: 403 without explicit freshness', 403, {}, false],
    ['3: 403 with max-age', 403, { 'Cache-Control': 'max-age=60' }, true],
    ['3: 403 marked public', 403, { 'Cache-Control': 'public' }, true],
    ['3: 403 marked private, which this cache is', 403, { 'Cache-Control': 'private' }, true],
    ['3: 403 with s-maxage alone, which is for shared caches', 403, { 'Cache-Control': 's-maxage=60' }, false],
    ['3: 403 with a validator alone', 403, ETAG, false],
    ['3: 429 without explicit freshness', 429, {}, false],
    ['3: 429 with max-age', 429, { 'Cache-Control': 'max-age=60' }, true],
    ['3: 500 without explicit freshness', 500, { 'Last-Modified': 'Sun, 06 Nov 1994 08:49:37 GMT' }, false],
    ['3: 500 with max-age', 500, { 'Cache-Control': 'max-age=60' }, true],
    ['3: 503 with Expires', 503, { Expires: 'Sun, 06 Nov 2094 08:49:37 GMT' }, true],
    ['3: 501 is heuristically cacheable', 501, {}, true],
    ['3: an unknown status with max-age', 299, { 'Cache-Control': 'max-age=60' }, true],
    ['3: an unknown status without max-age', 299, {}, false],
    ['3: 206 is not stored, ranges are not combined', 206, { 'Cache-Control': 'max-age=60' }, false],
    ['3: 304 is not stored as a response', 304, { 'Cache-Control': 'max-age=60' }, false],
    ['3: 1xx is not final', 103, { 'Cache-Control': 'max-age=60' }, false],
    ['3: status 0 of an opaque redirect', 0, {}, false],
    ['RFC 6585 section 3: 428', 428, { 'Cache-Control': 'max-age=60' }, false],
    ['RFC 6585 section 5: 431', 431, { 'Cache-Control': 'max-age=60' }, false],
    ['RFC 6585 section 6: 511, a captive portal', 511, { 'Cache-Control': 'max-age=60' }, false],
    ['5.2.2.5: no-store', 200, { 'Cache-Control': 'no-store' }, false],
    ['5.2.2.5: no-store beside max-age', 200, { 'Cache-Control': 'max-age=60, no-store' }, false],
    ['5.2: No-Store in any case', 200, { 'Cache-Control': 'No-Store' }, false],
    [
      '5.2: no-store inside a quoted string is not a directive',
      200,
      { 'Cache-Control': 'ext="no-store", max-age=60' },
      true,
    ],
    ['5.2.2.7: private', 200, { 'Cache-Control': 'private' }, true],
    ['5.2.2.7: private with field names', 200, { 'Cache-Control': 'private="x-user"' }, true],
    ['5.2.2.4: no-cache with a tag', 200, { 'Cache-Control': 'no-cache', ...ETAG }, true],
    [
      '5.2.2.4: no-cache with a date',
      200,
      { 'Cache-Control': 'no-cache', 'Last-Modified': 'Sun, 06 Nov 1994 08:49:37 GMT' },
      true,
    ],
    ['5.2.2.4: no-cache without a validator could never be used', 200, { 'Cache-Control': 'no-cache' }, false],
    ['5.2.2.4: no-cache with field names may be used', 200, { 'Cache-Control': 'no-cache="x-user"' }, true],
    [
      '5.2.2.3: must-understand overrides no-store for a known status',
      200,
      { 'Cache-Control': 'must-understand, no-store, max-age=60' },
      true,
    ],
    [
      '5.2.2.3: must-understand overrides no-store for a known error',
      404,
      { 'Cache-Control': 'no-store, must-understand' },
      true,
    ],
    ['5.2.2.3: must-understand and an unknown status', 299, { 'Cache-Control': 'must-understand, max-age=60' }, false],
    ['5.2.2.3: an unknown status with both', 599, { 'Cache-Control': 'must-understand, no-store, max-age=60' }, false],
    ['4.1: Vary: *', 200, { Vary: '*', 'Cache-Control': 'max-age=60' }, false],
    ['4.1: Vary: * among others', 200, { Vary: 'Accept, *' }, false],
    ['4.1: Vary with names', 200, { Vary: 'Accept' }, true],
  ])('%s', (_, status, headers, expected) => expect(store(status, headers)).toBe(expected));

  it.each(['HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'])('3: %s is not stored', (method) =>
    expect(store(200, { 'Cache-Control': 'max-age=60' }, { method })).toBe(false),
  );

  it('3.5: a private cache needs no permission for Authorization', () => expect(store(200, {})).toBe(true));
  it('5.2.1.5: no-store in the request', () =>
    expect(store(200, { 'Cache-Control': 'max-age=60' }, { noStore: true })).toBe(false));
  it('5.2.1.5: no-store in the request outweighs must-understand', () =>
    expect(store(200, { 'Cache-Control': 'must-understand, max-age=60' }, { noStore: true })).toBe(false));
  it('opaque responses are refused', () => expect(store(0, {}, { type: 'opaque' })).toBe(false));
  it('opaque responses are stored if the layer allows it', () =>
    expect(store(0, {}, { type: 'opaque', opaque: true })).toBe(true));
  it('a refusal states the reason', () =>
    expect(
      mayStore(
        { method: 'GET', noStore: false },
        { status: 200, headers: new Headers({ 'Cache-Control': 'no-store' }) },
        layer(),
      ),
    ).toEqual({ store: false, reason: 'no-store' }));
});

describe('RFC 9111 section 3.1: storing header fields', () => {
  const kept = (headers: Record<string, string>) => [...storableHeaders(new Headers(headers)).keys()].sort();

  it.each<[string, Record<string, string>, string[]]>([
    ['3.1: unknown fields are kept', { 'X-New': '1', ETag: '"a"' }, ['etag', 'x-new']],
    [
      '3.1: Connection and the fields that it lists are not kept',
      { Connection: 'close, X-Hop', 'X-Hop': '1', A: '2' },
      ['a'],
    ],
    [
      '3.1: fields of the transfer are not kept',
      {
        'Transfer-Encoding': 'chunked',
        'Keep-Alive': 'timeout=5',
        TE: 'trailers',
        Trailer: 'x',
        Upgrade: 'h2c',
        A: '1',
      },
      ['a'],
    ],
    [
      '3.1: fields for proxies are not kept',
      { 'Proxy-Authenticate': 'Basic', 'Proxy-Authentication-Info': 'x', 'Proxy-Connection': 'close', A: '1' },
      ['a'],
    ],
    [
      '5.2.2.4: fields that no-cache lists are not kept',
      { 'Cache-Control': 'no-cache="X-User, b", max-age=60', 'X-User': '1', B: '2', C: '3' },
      ['c', 'cache-control'],
    ],
    [
      '5.2.2.7: a private cache keeps fields that private lists',
      { 'Cache-Control': 'private="x-user"', 'X-User': '1' },
      ['cache-control', 'x-user'],
    ],
  ])('%s', (_, headers, expected) => expect(kept(headers)).toEqual(expected));
});
