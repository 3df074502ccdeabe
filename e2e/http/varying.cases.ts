import type { Case } from './exchange-table';

const accept = (value: string) => ({ get: { headers: { accept: value } } });

/** Several variants of one URL (RFC 9111 section 4.1), unsafe methods (4.4), ranges. */
export const varying: Case[] = [
  {
    rule: 'RFC 9111 section 4.1',
    says: 'two variants are stored side by side',
    origin: { cc: 'max-age=60', headers: { vary: 'Accept' } },
    steps: [
      { ...accept('image/webp'), from: 1 },
      { ...accept('image/png'), from: 2, cache: { fwd: 'vary-miss' } },
      { ...accept('image/webp'), from: 1, cache: { hit: true } },
      { ...accept('image/png'), from: 2, cache: { hit: true } },
    ],
    requests: 2,
  },
  {
    rule: 'RFC 9111 section 4.1',
    says: 'lists that differ only in an insignificant order are one variant',
    origin: { cc: 'max-age=60', headers: { vary: 'Accept' } },
    steps: [
      { ...accept('image/webp, image/png'), from: 1 },
      { ...accept('IMAGE/PNG,image/webp'), from: 1, cache: { hit: true } },
    ],
    requests: 1,
  },
  {
    rule: 'RFC 9111 section 4.1',
    says: 'with Vary: Accept-Encoding, a browser has one variant',
    origin: { cc: 'max-age=60', headers: { vary: 'Accept-Encoding' }, gzip: true },
    steps: [{}, { from: 1, cache: { hit: true } }],
    requests: 1,
  },
  {
    rule: 'RFC 9111 section 4.1',
    says: 'a response with Vary: * answers no other request',
    origin: { cc: 'max-age=60', headers: { vary: '*' } },
    steps: [{ cache: { stored: false } }, { from: 2 }],
    requests: 2,
  },
  {
    rule: 'RFC 9111 section 4.1',
    says: 'a response with Vary: Cookie is validated each time, because workers cannot see cookies',
    origin: { cc: 'max-age=60', etag: '"a"', headers: { vary: 'Cookie' } },
    steps: [{}, { from: 1, cache: { fwd: 'stale', 'fwd-status': 304 } }],
    requests: 2,
    cross: false,
  },
  {
    rule: 'RFC 9111 section 4.1',
    says: 'fields that the browser adds are compared if a worker can tell their values',
    origin: {
      cc: 'max-age=60',
      headers: { vary: 'Sec-Fetch-Dest, Sec-Fetch-Mode, Sec-Fetch-Site, Referer, Save-Data, Sec-CH-UA, User-Agent' },
    },
    steps: [{}, { from: 1, cache: { hit: true } }],
    requests: 1,
  },
  {
    rule: 'ignoreVary',
    says: 'a field in ignoreVary is not compared',
    layer: 'anyone',
    origin: { cc: 'max-age=60', headers: { vary: 'Cookie' } },
    steps: [{}, { from: 1, cache: { hit: true } }],
    requests: 1,
  },
  {
    rule: 'RFC 9111 section 4.1',
    says: 'a changed Vary takes effect at once',
    origin: [
      { cc: 'max-age=60' },
      { cc: 'max-age=60', headers: { vary: 'Accept' } },
      { cc: 'max-age=60', headers: { vary: 'Accept' } },
    ],
    steps: [
      { ...accept('image/webp'), from: 1 },
      { ...accept('image/png'), from: 1, cache: { hit: true } },
      { after: 70, ...accept('image/webp'), from: 2 },
      { ...accept('image/png'), from: 3 },
      { ...accept('image/webp'), from: 2, cache: { hit: true } },
    ],
    requests: 3,
  },
  {
    rule: 'RFC 9111 section 4.3.1',
    says: 'a validation sends the ETags of all variants, and the 304 selects one',
    origin: [
      { cc: 'max-age=60', etag: '"webp"', headers: { vary: 'Accept' } },
      { cc: 'max-age=60', etag: '"png"', headers: { vary: 'Accept' } },
      { cc: 'max-age=60', etag: '"png"', headers: { vary: 'Accept' } },
    ],
    steps: [
      { ...accept('image/webp') },
      { ...accept('image/png') },
      { after: 70, ...accept('image/png'), from: 2, cache: { 'fwd-status': 304 } },
    ],
    requests: 3,
    cross: false,
  },
  ...['POST', 'PUT', 'DELETE'].map((method): Case => ({
    rule: 'RFC 9111 section 4.4',
    says: `a ${method} to a tile invalidates the stored tile`,
    origin: { cc: 'max-age=60' },
    steps: [{}, { from: 1, cache: { hit: true } }, { get: { method }, status: 200 }, { from: 3 }],
    requests: 3,
    cross: false,
  })),
  {
    rule: 'RFC 9111 section 4.4',
    says: 'a failed unsafe request invalidates nothing',
    origin: (request) => (request.method === 'GET' ? { cc: 'max-age=60' } : { status: 500 }),
    steps: [{}, { get: { method: 'POST' }, status: 500 }, { from: 1, cache: { hit: true } }],
    requests: 2,
  },
  {
    rule: 'RFC 9111 section 4.4',
    says: 'an unsafe request invalidates the URL in its Location on the same origin',
    tile: '1/0/1.png',
    origin: (request) =>
      request.method === 'GET'
        ? { cc: 'max-age=60' }
        : { status: 201, headers: { location: '/tiles/strict/5/5/5.png?cc=max-age%3D60' } },
    steps: [
      { tile: '5/5/5.png?cc=max-age%3D60', from: 1 },
      { tile: '5/5/5.png?cc=max-age%3D60', from: 1, cache: { hit: true } },
      { get: { method: 'POST' }, status: 201 },
      { tile: '5/5/5.png?cc=max-age%3D60', from: 2 },
    ],
    requests: 1,
    cross: false,
  },
  {
    rule: 'RFC 9111 section 4.4',
    says: 'an unsafe request does not invalidate a Location on another origin',
    tile: '1/0/1.png',
    origin: (request) =>
      request.method === 'GET'
        ? { cc: 'max-age=60' }
        : {
            status: 201,
            headers: {
              location: 'http://localhost:1/tiles/strict/1/0/1.png',
              'content-location': 'http://localhost:1/',
            },
          },
    steps: [
      { tile: '5/5/5.png?cc=max-age%3D60' },
      { get: { method: 'POST' }, status: 201 },
      { tile: '5/5/5.png?cc=max-age%3D60', from: 1, cache: { hit: true } },
    ],
    requests: 1,
    cross: false,
  },
  {
    rule: 'RFC 9110 section 14.2',
    says: 'a range is cut out of a complete stored tile',
    tile: '1/0/0.json',
    origin: { cc: 'max-age=60', body: '{"a":1234}' },
    steps: [
      {},
      {
        get: { headers: { range: 'bytes=1-3' } },
        status: 206,
        text: '"a"',
        headers: { 'content-range': 'bytes 1-3/10' },
      },
    ],
    requests: 1,
  },
  {
    rule: 'RFC 9110 section 14.1.2',
    says: 'a suffix range is cut out of a complete stored tile',
    tile: '1/0/0.json',
    origin: { cc: 'max-age=60', body: '{"a":1234}' },
    steps: [
      {},
      {
        get: { headers: { range: 'bytes=-5' } },
        status: 206,
        text: '1234}',
        headers: { 'content-range': 'bytes 5-9/10' },
      },
    ],
    requests: 1,
  },
  {
    rule: 'RFC 9110 section 15.5.17',
    says: 'a range beyond the end is answered with 416',
    tile: '1/0/0.json',
    origin: { cc: 'max-age=60', body: '{"a":1234}' },
    steps: [{}, { get: { headers: { range: 'bytes=10-' } }, status: 416, headers: { 'content-range': 'bytes */10' } }],
    requests: 1,
  },
  {
    rule: 'RFC 9110 section 13.1.5',
    says: 'an If-Range that does not match gets the whole tile',
    tile: '1/0/0.json',
    origin: { cc: 'max-age=60', etag: '"a"', body: '{"a":1234}' },
    steps: [
      {},
      { get: { headers: { range: 'bytes=1-3', 'if-range': '"a"' } }, status: 206, text: '"a"' },
      { get: { headers: { range: 'bytes=1-3', 'if-range': '"b"' } }, status: 200, text: '{"a":1234}' },
      { get: { headers: { range: 'bytes=1-3', 'if-range': 'W/"a"' } }, status: 200, text: '{"a":1234}' },
    ],
    requests: 1,
    cross: false,
  },
  {
    rule: 'RFC 9111 section 3.3',
    says: 'a 206 never counts as a complete tile',
    tile: '1/0/0.json',
    origin: [
      { status: 206, cc: 'max-age=60', body: '"a"', headers: { 'content-range': 'bytes 1-3/10' } },
      { cc: 'max-age=60', body: '{"a":1234}' },
    ],
    steps: [
      { get: { headers: { range: 'bytes=1-3' } }, status: 206, text: '"a"' },
      { status: 200, text: '{"a":1234}' },
    ],
    requests: 2,
  },
];
