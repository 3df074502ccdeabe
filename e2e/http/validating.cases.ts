import type { Case } from './exchange-table';

const validated = { cache: { fwd: 'stale', 'fwd-status': 304 } } as const;

/** How a stale tile is validated (RFC 9111 section 4.3). */
export const validating: Case[] = [
  {
    rule: 'RFC 9111 section 4.3.1',
    says: 'a strong tag goes upstream, 304 makes the tile fresh again',
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
    says: 'a weak tag does as well',
    origin: { cc: 'max-age=60', etag: 'W/"a"' },
    steps: [{}, { after: 70, from: 1, ...validated }],
    requests: [{}, { 'if-none-match': 'W/"a"' }],
    cross: false,
  },
  {
    rule: 'RFC 9111 section 4.3.1',
    says: 'Last-Modified goes upstream to the letter',
    origin: { cc: 'max-age=60', lastModified: 'Sun, 06 Nov 1994 08:49:37 GMT' },
    steps: [{}, { after: 70, from: 1, ...validated }],
    requests: [{}, { 'if-modified-since': 'Sun, 06 Nov 1994 08:49:37 GMT' }],
    cross: false,
  },
  {
    rule: 'RFC 9111 section 4.3.3',
    says: 'without a validator the whole tile is fetched',
    origin: { cc: 'max-age=60' },
    steps: [{}, { after: 70, from: 2, cache: { fwd: 'stale', 'fwd-status': 200, stored: false } }],
    requests: [{}, { 'if-none-match': null, 'if-modified-since': null }],
  },
  {
    rule: 'RFC 9111 section 3.2',
    says: 'a 304 updates every stored header that it carries',
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
    says: 'a 304 does not touch what describes the body',
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
    says: 'a no-store in a 304 is obeyed from then on',
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
    says: 'a 200 instead takes the place of the stored tile',
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
    says: 'a 304 that speaks of another tag updates nothing: the whole is fetched',
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
    says: 'a first 404 hides the tile, which is kept and asked for by its validator after that',
    origin: [{ cc: 'max-age=60', etag: '"a"' }, { status: 404, cc: 'max-age=60' }, { cc: 'max-age=60' }],
    steps: [{}, { after: 70, status: 404 }, { status: 404, cache: { hit: true } }, { after: 70, status: 200, from: 3 }],
    requests: [{}, { 'if-none-match': '"a"' }, { 'if-none-match': '"a"' }],
    cross: false,
  },
  {
    rule: 'RFC 9111 section 4.3.3',
    says: 'a 503 is passed on where nothing allows stale, and the tile stays stored',
    origin: [{ cc: 'max-age=60', etag: '"a"' }, { status: 503 }, { cc: 'max-age=60', etag: '"a"' }],
    steps: [{}, { after: 70, status: 503 }, { status: 200, from: 1, ...validated }],
    requests: 3,
    cross: false,
  },
  {
    rule: 'RFC 9111 section 4.3.5',
    says: 'a HEAD that still matches freshens the stored tile',
    origin: { cc: 'max-age=60', etag: '"a"' },
    steps: [{}, { after: 70, get: { method: 'HEAD' }, status: 200 }, { from: 1, age: 0, cache: { hit: true } }],
    requests: 2,
  },
  {
    rule: 'RFC 9111 section 4.3.5',
    says: 'a HEAD with another tag makes the stored tile stale',
    origin: [
      { cc: 'max-age=600', etag: '"a"' },
      { cc: 'max-age=600', etag: '"b"' },
    ],
    steps: [{}, { get: { method: 'HEAD', cache: 'no-cache' }, status: 200 }, { from: 3, headers: { etag: '"b"' } }],
    requests: 3,
  },
  {
    rule: 'RFC 9111 section 4.3.2',
    says: "a page's own If-None-Match is answered from the store",
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
    says: "a page's own If-Modified-Since is answered from the store",
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
    says: 'the HTTP cache beneath hands back no old bytes: it still finds them fresh, the origin is asked',
    origin: [{ cc: 'max-age=600' }, { cc: 'max-age=600' }],
    steps: [{ from: 1 }, { after: 700, from: 2 }],
    requests: 2,
  },
];
