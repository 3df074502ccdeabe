import type { Case } from './exchange-table';

const swr = { cc: 'max-age=60, stale-while-revalidate=30', etag: '"a"' };
const sie = { cc: 'max-age=60, stale-if-error=30', etag: '"a"' };

// Close each connection: a browser repeats a request that fails on a reused connection.
const closed = { connection: 'close' };

/** Stale tiles: while they are validated, and when the origin fails (RFC 5861). */
export const stale: Case[] = [
  {
    rule: 'RFC 5861 section 3',
    says: 'within the window, the stale tile is answered at once and validated in the background',
    origin: swr,
    steps: [
      {},
      { after: 70, from: 1, age: 70, cache: { hit: true, ttl: -10 } },
      { from: 1, age: 0, cache: { hit: true, ttl: 60 } },
    ],
    requests: [{}, { 'if-none-match': '"a"' }],
    cross: false,
  },
  {
    rule: 'RFC 5861 section 3',
    says: 'the next request gets the new tile',
    origin: [swr, { ...swr, etag: '"b"' }],
    steps: [{}, { after: 70, from: 1 }, { from: 2, headers: { etag: '"b"' }, cache: { hit: true } }],
    requests: 2,
  },
  {
    rule: 'RFC 5861 section 3',
    says: 'beyond the window, a stale tile is validated before it is answered',
    origin: [swr, { ...swr, etag: '"b"' }],
    steps: [{}, { after: 95, from: 2, cache: { fwd: 'stale' } }],
    requests: 2,
  },
  {
    rule: 'RFC 9111 section 4.2.4',
    says: 'without stale directives, a stale tile is validated before it is answered',
    origin: [
      { cc: 'max-age=60', etag: '"a"' },
      { cc: 'max-age=60', etag: '"b"' },
    ],
    steps: [{}, { after: 61, from: 2, cache: { fwd: 'stale' } }],
    requests: 2,
  },
  {
    rule: 'RFC 9111 section 5.2.2.4',
    says: 'no-cache wins over stale-while-revalidate',
    origin: [
      { ...swr, cc: `no-cache, ${swr.cc}` },
      { ...swr, etag: '"b"' },
    ],
    steps: [{}, { from: 2, cache: { fwd: 'stale' } }],
    requests: 2,
  },
  {
    rule: 'RFC 9111 section 5.2.2.2',
    says: 'must-revalidate wins over stale-while-revalidate',
    origin: [
      { ...swr, cc: `must-revalidate, ${swr.cc}` },
      { ...swr, etag: '"b"' },
    ],
    steps: [{}, { after: 70, from: 2, cache: { fwd: 'stale' } }],
    requests: 2,
  },
  {
    rule: 'RFC 5861 section 4',
    says: 'the stale tile is answered if the origin fails within the window',
    origin: [sie, { status: 503 }],
    steps: [
      {},
      {
        after: 70,
        status: 200,
        from: 1,
        age: 70,
        cache: { fwd: 'stale', 'fwd-status': 503, detail: 'stale-if-error' },
      },
    ],
    requests: 2,
  },
  {
    rule: 'RFC 5861 section 4',
    says: 'beyond the window, the error of the origin is passed on',
    origin: [sie, { status: 503 }],
    steps: [{}, { after: 95, status: 503, cache: { fwd: 'stale', 'fwd-status': 503 } }],
    requests: 2,
  },
  {
    rule: 'RFC 5861 section 4',
    says: 'a 404 does not count as a failure',
    origin: [sie, { status: 404 }],
    steps: [{}, { after: 70, status: 404 }],
    requests: 2,
  },
  {
    rule: 'RFC 5861 section 4',
    says: 'a broken connection counts as a failure',
    layer: 'kept',
    origin: [{ cc: 'max-age=60', etag: '"a"', headers: closed }, { reset: true }],
    steps: [{}, { after: 70, status: 200, from: 1, cache: { fwd: 'stale' } }],
    requests: 2,
  },
  {
    rule: 'RFC 9111 section 5.2.2.2',
    says: 'must-revalidate wins over stale-if-error: the answer is 504 if the origin is unreachable',
    layer: 'kept',
    origin: [{ cc: 'max-age=60, must-revalidate', etag: '"a"', headers: closed }, { reset: true }],
    steps: [{}, { after: 70, status: 504 }],
    requests: 2,
  },
  {
    rule: 'RFC 9111 section 5.2.2.8',
    says: 'proxy-revalidate does not apply to a private cache',
    origin: [{ ...sie, cc: `proxy-revalidate, ${sie.cc}` }, { status: 503 }],
    steps: [{}, { after: 70, status: 200, from: 1 }],
    requests: 2,
  },
  ...[429, 500, 502, 504].map((status): Case => ({
    rule: 'RFC 5861 section 4',
    says: `a ${status} during background validation keeps the stored tile`,
    origin: [swr, { status }],
    steps: [{}, { after: 70, status: 200, from: 1 }, { status: 200, from: 1, cache: { hit: true, ttl: -10 } }],
    requests: 2,
  })),
  {
    rule: 'preset poi',
    says: 'adds the directives that the origin does not send',
    layer: 'poi',
    origin: { etag: '"a"' },
    steps: [
      {},
      { after: 50, from: 1, cache: { hit: true, ttl: 10 } },
      { after: 20, from: 1, cache: { hit: true, ttl: -10 } },
      { from: 1, cache: { hit: true, ttl: 60 } },
    ],
    requests: 2,
    cross: false,
  },
  {
    rule: 'preset alerts',
    says: 'answers with no old tile if the origin fails',
    layer: 'alerts',
    origin: [{ etag: '"a"' }, { status: 503 }],
    steps: [{}, { after: 20, status: 503 }],
    requests: 2,
  },
  {
    rule: 'preset poi',
    says: "the origin's own max-age wins",
    layer: 'poi',
    origin: { cc: 'max-age=600', etag: '"a"' },
    steps: [{}, { after: 500, from: 1, cache: { hit: true, ttl: 100 } }],
    requests: 1,
  },
  {
    rule: 'override',
    says: "with override, the layer's windows win over the origin's",
    layer: 'forced',
    origin: { cc: 'max-age=6000', etag: '"a"' },
    steps: [{}, { after: 50, from: 1, cache: { hit: true, ttl: 10 } }, { after: 45, cache: { fwd: 'stale' } }],
    requests: 2,
    cross: false,
  },
  {
    rule: 'override',
    says: 'the layer’s windows do not win over no-store',
    layer: 'forced',
    origin: { cc: 'no-store' },
    steps: [{}, { from: 2 }],
    requests: 2,
  },
  {
    rule: 'timeout',
    says: 'the stored tile stands in for a URL that hangs, and other URLs are not affected',
    layer: 'quick',
    origin: [{ cc: 'max-age=60', etag: '"a"' }, { hang: 'head' }],
    steps: [
      { tile: '2/2/2.png?cc=max-age%3D60', from: 1 },
      { from: 1 },
      { after: 70, status: 200, from: 1, cache: { fwd: 'stale', detail: 'timeout' } },
      { tile: '2/2/2.png?cc=max-age%3D60', status: 200, from: 2, cache: { fwd: 'stale' } },
    ],
    requests: 2,
  },
];
