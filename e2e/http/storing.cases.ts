import type { Case } from './exchange-table';

const hit = { cache: { hit: true } } as const;

/** What is stored, for how long, and for whom. */
export const storing: Case[] = [
  {
    rule: 'negative answers',
    says: 'a 404 hides a good tile for a minute without deleting it; a 403 and a 503 do not affect it',
    layer: 'kept',
    origin: [
      { cc: 'max-age=10', etag: '"a"' },
      { status: 403, cc: 'max-age=86400' },
      { status: 404, cc: 'max-age=86400' },
      { status: 503, cc: 'max-age=60' },
    ],
    steps: [
      { from: 1 },
      { after: 20, status: 403, cache: { stored: false } },
      { status: 404, cache: { stored: true } },
      { after: 30, status: 404, ...hit },
      { after: 31, status: 200, from: 1, cache: { fwd: 'stale', 'fwd-status': 503 } },
    ],
    requests: 4,
    cross: false,
  },
  {
    rule: 'RFC 9111 section 5.2.2.5',
    says: 'no-store is not stored',
    origin: { cc: 'no-store', etag: '"a"' },
    steps: [{ cache: { stored: false } }, { from: 2, cache: { fwd: 'uri-miss' } }],
    requests: [{ 'if-none-match': null }, { 'if-none-match': null }],
  },
  {
    rule: 'RFC 9111 section 5.2.2.4',
    says: 'no-cache is validated before each use',
    origin: { cc: 'no-cache, max-age=60', etag: '"a"' },
    steps: [{ from: 1 }, { from: 1, cache: { fwd: 'stale', 'fwd-status': 304 } }, { from: 1 }],
    requests: [{}, { 'if-none-match': '"a"' }, { 'if-none-match': '"a"' }],
    cross: false,
  },
  {
    rule: 'RFC 9111 section 5.2.2.4',
    says: 'no-cache with field names withholds only these fields',
    origin: { cc: 'no-cache="x-secret", max-age=60', headers: { 'x-secret': 'a', 'x-public': 'b' } },
    steps: [{ headers: { 'x-secret': 'a' } }, { ...hit, headers: { 'x-secret': null, 'x-public': 'b' } }],
    requests: 1,
  },
  {
    rule: 'RFC 9111 section 5.2.2.7',
    says: 'private allows a private cache to store',
    origin: { cc: 'private, max-age=60' },
    steps: [{}, hit],
    requests: 1,
  },
  {
    rule: 'RFC 9111 section 5.2.2.3',
    says: 'must-understand overrides no-store for a status that the cache understands',
    origin: { cc: 'must-understand, no-store, max-age=60' },
    steps: [{}, hit],
    requests: 1,
  },
  {
    rule: 'RFC 9111 section 5.2.2.3',
    says: 'must-understand forbids storing a status that the cache does not understand',
    origin: { cc: 'must-understand, max-age=60', status: 299 },
    // The HTTP cache does not support must-understand, so the second request may not reach the origin.
    steps: [
      { status: 299, cache: { fwd: 'uri-miss', stored: false } },
      { status: 299, cache: { fwd: 'uri-miss', stored: false } },
    ],
  },
  {
    rule: 'RFC 8246',
    says: 'immutable does not extend max-age',
    origin: { cc: 'max-age=60, immutable' },
    steps: [{}, { after: 30, ...hit }, { after: 40, cache: { fwd: 'stale' } }],
    requests: 2,
  },
  {
    rule: 'RFC 9111 section 4.2.2',
    says: 'the heuristic lifetime is a tenth of the time since Last-Modified',
    origin: { begin: (date) => ({ lastModified: date(-1000) }) },
    steps: [{}, { after: 90, ...hit, from: 1 }, { after: 20, cache: { fwd: 'stale' } }],
    requests: 2,
  },
  {
    rule: 'RFC 9111 section 4.2.2',
    says: 'there is no heuristic lifetime for a status that is not cacheable by default',
    origin: { begin: (date) => ({ status: 403, lastModified: date(-1000) }) },
    steps: [{ status: 403 }, { status: 403, from: 2 }],
    requests: 2,
  },
  ...[404, 410, 403, 429, 500, 501].map((status): Case => ({
    rule: 'RFC 9111 section 3',
    says: `a ${status} with max-age is cached`,
    origin: { status, cc: 'max-age=60' },
    steps: [{ status }, { after: 10, status, from: 1, ...hit }, { after: 60, status, from: 2 }],
    requests: 2,
  })),
  {
    rule: 'RFC 9110 section 15.3.5',
    says: 'a 204 is stored as an empty tile',
    origin: { status: 204, cc: 'max-age=60' },
    steps: [{ status: 204 }, { status: 204, ...hit, text: '' }],
    requests: 1,
  },
  {
    rule: 'RFC 9111 section 3',
    says: 'a 503 without a lifetime is passed on and not stored',
    origin: [{ status: 503 }, {}],
    steps: [{ status: 503 }, { status: 200, from: 2 }],
    requests: 2,
  },
  {
    rule: 'RFC 9111 section 3.5',
    says: 'a request with one credential does not get what was stored for another',
    origin: { cc: 'max-age=60' },
    steps: [
      { get: { headers: { authorization: 'Bearer a' } } },
      { get: { headers: { authorization: 'Bearer b' } }, from: 2 },
      { get: { headers: { authorization: 'Bearer a' } }, from: 1, ...hit },
    ],
    requests: 2,
    cross: false,
  },
  {
    rule: 'RFC 9111 section 3.5',
    says: 'shareAcrossCredentials shares tiles across credentials',
    layer: 'shared',
    origin: { cc: 'max-age=60' },
    steps: [
      { get: { headers: { authorization: 'Bearer a' } } },
      { get: { headers: { authorization: 'Bearer b' } }, from: 1, ...hit },
    ],
    requests: 1,
    cross: false,
  },
  {
    rule: 'RFC 9110 section 9.3.2',
    says: 'a fresh response to GET answers a HEAD, without a body',
    origin: { cc: 'max-age=60' },
    steps: [{}, { get: { method: 'HEAD' }, status: 200, text: '', ...hit }],
    requests: 1,
  },
  {
    rule: 'RFC 9111 section 3',
    says: 'the response to a HEAD is not stored as the tile',
    origin: { cc: 'max-age=60' },
    steps: [
      { get: { method: 'HEAD' }, status: 200, text: '' },
      { status: 200, from: 2 },
    ],
    requests: 2,
  },
];
