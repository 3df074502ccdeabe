import type { Case } from './exchange-table';

const validated = { cache: { fwd: 'stale', 'fwd-status': 304 } } as const;

/** How a stale tile is validated (RFC 9111 section 4.3). */
export const validating: Case[] = [
  {
    rule: 'RFC 9111 section 4.3.1',
    says: 'a validation sends a strong ETag, and a 304 makes the tile fresh again',
    origin: { cc: 'max-age=60', etag: '"a"' },
    steps: [
      {},
      { after: 70, from: 1, status: 200, age: 0, ...validated },
      { after: 30, from: 1, age: 30, cache: { hit: true } },
    ],
    requests: [{ 'if-none-match': null }, { 'if-none-match': '"a"' }],
    cross: false,
  },
  {
    rule: 'RFC 9111 section 4.3.1',
    says: 'a validation sends a weak ETag as well',
    origin: { cc: 'max-age=60', etag: 'W/"a"' },
    steps: [{}, { after: 70, from: 1, ...validated }],
    requests: [{}, { 'if-none-match': 'W/"a"' }],
    cross: false,
  },
  {
    rule: 'RFC 9111 section 4.3.1',
    says: 'a validation sends Last-Modified unchanged',
    origin: { cc: 'max-age=60', lastModified: 'Sun, 06 Nov 1994 08:49:37 GMT' },
    steps: [{}, { after: 70, from: 1, ...validated }],
    requests: [{}, { 'if-modified-since': 'Sun, 06 Nov 1994 08:49:37 GMT' }],
    cross: false,
  },
  {
    rule: 'RFC 9111 section 4.3.3',
    says: 'without a validator, the whole tile is fetched',
    origin: { cc: 'max-age=60' },
    steps: [{}, { after: 70, from: 2, cache: { fwd: 'stale', 'fwd-status': 200, stored: false } }],
    requests: [{}, { 'if-none-match': null, 'if-modified-since': null }],
  },
  {
    rule: 'RFC 9111 section 3.2',
    says: 'a 304 updates the stored headers that it contains',
    origin: [
      { cc: 'max-age=60', etag: '"a"', headers: { 'x-one': '1', 'x-two': '1' } },
      { cc: 'max-age=600', etag: '"a"', headers: { 'x-one': '2' } },
    ],
    steps: [
      { headers: { 'x-one': '1' } },
      { after: 70, from: 1, headers: { 'x-one': '2', 'x-two': '1' }, ...validated },
      {
        after: 300,
        from: 1,
        headers: { 'x-one': '2', 'x-two': '1', 'cache-control': 'max-age=600' },
        cache: { hit: true, ttl: 300 },
      },
    ],
    requests: 2,
    cross: false,
  },
  {
    rule: 'RFC 9111 section 3.2',
    says: 'a 304 does not update headers that describe the body',
    origin: [
      { cc: 'max-age=60', etag: '"a"' },
      {
        status: 304,
        cc: 'max-age=60',
        etag: '"a"',
        headers: { 'content-type': 'image/png', 'content-encoding': 'gzip' },
      },
    ],
    steps: [
      { headers: { 'content-encoding': null } },
      { after: 70, from: 1, headers: { 'content-encoding': null } },
      { from: 1, headers: { 'content-encoding': null } },
    ],
    requests: 2,
    cross: false,
  },
  {
    rule: 'RFC 9111 section 3.2',
    says: 'a no-store in a 304 takes effect at once',
    origin: [
      { cc: 'max-age=60', etag: '"a"' },
      { cc: 'no-store', etag: '"a"' },
      { cc: 'max-age=60', etag: '"a"' },
    ],
    steps: [{}, { after: 70, from: 1 }, { cache: { fwd: 'uri-miss' } }],
    requests: 3,
    cross: false,
  },
  {
    rule: 'RFC 9111 section 4.3.3',
    says: 'a 200 replaces the stored tile',
    origin: [
      { cc: 'max-age=60', etag: '"a"' },
      { cc: 'max-age=60', etag: '"b"' },
    ],
    steps: [
      {},
      { after: 70, from: 2, cache: { fwd: 'stale', 'fwd-status': 200, stored: false } },
      { from: 2, headers: { etag: '"b"' }, cache: { hit: true } },
    ],
    requests: 2,
  },
  {
    rule: 'RFC 9111 section 4.3.4',
    says: 'a 304 with another ETag updates nothing, and the whole tile is fetched',
    origin: [
      { cc: 'max-age=60', etag: '"a"' },
      { status: 304, cc: 'max-age=60', etag: '"other"' },
      { cc: 'max-age=60', etag: '"b"' },
    ],
    steps: [{}, { after: 70, status: 200, from: 3 }, { from: 3, cache: { hit: true } }],
    requests: [{}, { 'if-none-match': '"a"' }, { 'if-none-match': null }],
    cross: false,
  },
  {
    rule: 'RFC 9111 section 4.3.3',
    says: 'a first 404 hides the tile, which stays stored and is validated later',
    origin: [{ cc: 'max-age=60', etag: '"a"' }, { status: 404, cc: 'max-age=60' }, { cc: 'max-age=60' }],
    steps: [{}, { after: 70, status: 404 }, { status: 404, cache: { hit: true } }, { after: 70, status: 200, from: 3 }],
    requests: [{}, { 'if-none-match': '"a"' }, { 'if-none-match': '"a"' }],
    cross: false,
  },
  {
    rule: 'RFC 9111 section 4.3.3',
    says: 'a 503 is passed on if nothing allows stale tiles, and the tile stays stored',
    origin: [{ cc: 'max-age=60', etag: '"a"' }, { status: 503 }, { cc: 'max-age=60', etag: '"a"' }],
    steps: [{}, { after: 70, status: 503 }, { status: 200, from: 1, ...validated }],
    requests: 3,
    cross: false,
  },
  {
    rule: 'RFC 9111 section 4.3.5',
    says: 'a HEAD with the same ETag freshens the stored tile',
    origin: { cc: 'max-age=60', etag: '"a"' },
    steps: [{}, { after: 70, get: { method: 'HEAD' }, status: 200 }, { from: 1, age: 0, cache: { hit: true } }],
    requests: 2,
  },
  {
    rule: 'RFC 9111 section 4.3.5',
    says: 'a HEAD with another ETag makes the stored tile stale',
    origin: [
      { cc: 'max-age=600', etag: '"a"' },
      { cc: 'max-age=600', etag: '"b"' },
    ],
    steps: [{}, { get: { method: 'HEAD', cache: 'no-cache' }, status: 200 }, { from: 3, headers: { etag: '"b"' } }],
    requests: 3,
  },
  {
    rule: 'RFC 9111 section 4.3.2',
    says: 'the store answers a page’s own If-None-Match',
    origin: { cc: 'max-age=60', etag: '"a"' },
    steps: [
      {},
      { get: { headers: { 'if-none-match': '"x", W/"a"' } }, status: 304 },
      { get: { headers: { 'if-none-match': '"x"' } }, status: 200, from: 1 },
    ],
    requests: 1,
    cross: false,
  },
  {
    rule: 'RFC 9111 section 4.3.2',
    says: 'the store answers a page’s own If-Modified-Since',
    origin: { cc: 'max-age=60', lastModified: 'Sun, 06 Nov 1994 08:49:37 GMT' },
    steps: [
      {},
      { get: { headers: { 'if-modified-since': 'Sun, 06 Nov 1994 08:49:37 GMT' } }, status: 304 },
      { get: { headers: { 'if-modified-since': 'Sun, 06 Nov 1994 08:49:36 GMT' } }, status: 200, from: 1 },
    ],
    requests: 1,
    cross: false,
  },
  {
    rule: 'RFC 9111 section 5.2.2.2',
    says: 'the request reaches the origin even if the HTTP cache still considers its copy fresh',
    origin: [{ cc: 'max-age=600' }, { cc: 'max-age=600' }],
    steps: [{ from: 1 }, { after: 700, from: 2 }],
    requests: 2,
  },
];
