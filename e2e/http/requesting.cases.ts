import type { Case } from './exchange-table';

const cc = (value: string) => ({ headers: { 'cache-control': value } });
const SHA_OF_TILE = 'sha256-i2aLiZSqhFEHOZmUWT0MqDFSC+UlfwBTUaDsE+l6Ob4=';
const hit = { cache: { hit: true }, from: 1 } as const;

/** Request directives, and the cache modes of fetch. */
export const requesting: Case[] = [
  {
    rule: 'RFC 9111 section 5.2.1.4',
    says: 'no-cache in a request validates a fresh tile',
    origin: { cc: 'max-age=60', etag: '"a"' },
    steps: [{}, { get: cc('no-cache'), from: 1, cache: { fwd: 'request', 'fwd-status': 304 } }],
    requests: [{}, { 'if-none-match': '"a"' }],
    cross: false,
  },
  {
    rule: 'RFC 9111 section 5.4',
    says: 'Pragma: no-cache validates a fresh tile if there is no Cache-Control',
    origin: { cc: 'max-age=60', etag: '"a"' },
    steps: [{}, { get: { headers: { pragma: 'no-cache' } }, from: 1, cache: { fwd: 'request' } }],
    requests: 2,
    cross: false,
  },
  {
    rule: 'RFC 9111 section 5.4',
    says: 'Pragma is ignored beside Cache-Control',
    origin: { cc: 'max-age=60', etag: '"a"' },
    steps: [{}, { get: { headers: { pragma: 'no-cache', 'cache-control': 'max-age=600' } }, ...hit }],
    requests: 1,
    cross: false,
  },
  {
    rule: 'RFC 9111 section 5.2.1.5',
    says: 'no-store in a request forbids storing the response',
    origin: { cc: 'max-age=60' },
    steps: [
      { get: cc('no-store'), cache: { stored: false } },
      { from: 2, cache: { fwd: 'uri-miss', stored: false } },
    ],
    requests: 2,
    cross: false,
  },
  {
    rule: 'RFC 9111 section 5.2.1.1',
    says: 'max-age in a request validates older tiles',
    origin: { cc: 'max-age=60', etag: '"a"' },
    steps: [
      {},
      { after: 20, get: cc('max-age=30'), ...hit },
      { get: cc('max-age=10'), from: 1, cache: { fwd: 'request', 'fwd-status': 304 } },
    ],
    requests: 2,
    cross: false,
  },
  {
    rule: 'RFC 9111 section 5.2.1.3',
    says: 'min-fresh validates tiles that are about to expire',
    origin: { cc: 'max-age=60', etag: '"a"' },
    steps: [
      {},
      { after: 20, get: cc('min-fresh=30'), ...hit },
      { get: cc('min-fresh=50'), from: 1, cache: { fwd: 'request' } },
    ],
    requests: 2,
    cross: false,
  },
  {
    rule: 'RFC 9111 section 5.2.1.2',
    says: 'max-stale accepts tiles up to this staleness',
    origin: { cc: 'max-age=60', etag: '"a"' },
    steps: [
      {},
      { after: 80, get: cc('max-stale=30'), from: 1, cache: { hit: true, ttl: -20 } },
      { get: cc('max-stale=10'), cache: { fwd: 'stale' } },
    ],
    requests: 2,
    cross: false,
  },
  {
    rule: 'RFC 9111 section 5.2.2.2',
    says: 'max-stale does not override must-revalidate',
    origin: { cc: 'max-age=60, must-revalidate', etag: '"a"' },
    steps: [{}, { after: 80, get: cc('max-stale'), cache: { fwd: 'stale' } }],
    requests: 2,
    cross: false,
  },
  {
    rule: 'RFC 9111 section 5.2.1.7',
    says: 'only-if-cached is answered from the store or with 504',
    origin: { cc: 'max-age=60' },
    steps: [{ get: cc('only-if-cached'), status: 504 }, {}, { get: cc('only-if-cached'), status: 200 }],
    requests: 1,
    cross: false,
  },
  {
    rule: 'Fetch, cache mode no-store',
    says: 'neither reads the store nor writes it',
    origin: { cc: 'max-age=60' },
    steps: [{}, { get: { cache: 'no-store' }, from: 2, cache: { fwd: 'bypass' } }, hit],
    requests: 2,
  },
  {
    rule: 'Fetch, cache mode reload',
    says: 'does not read the store, but writes it',
    origin: { cc: 'max-age=60', etag: '"a"' },
    steps: [
      {},
      { get: { cache: 'reload' }, from: 2, cache: { fwd: 'request', stored: false } },
      { from: 2, cache: { hit: true } },
    ],
    requests: [{}, { 'if-none-match': null }],
  },
  {
    rule: 'Fetch, cache mode no-cache',
    says: 'validates a fresh tile',
    origin: { cc: 'max-age=60', etag: '"a"' },
    steps: [{}, { get: { cache: 'no-cache' }, from: 1, cache: { fwd: 'request', 'fwd-status': 304 } }],
    requests: [{}, { 'if-none-match': '"a"' }],
    cross: false,
  },
  {
    rule: 'Fetch, cache mode force-cache',
    says: 'accepts a stale tile',
    origin: { cc: 'max-age=60', etag: '"a"' },
    steps: [{}, { after: 600, get: { cache: 'force-cache' }, from: 1, cache: { hit: true, ttl: -540 } }],
    requests: 1,
  },
  {
    rule: 'Fetch, cache mode only-if-cached',
    says: 'sends no request',
    origin: { cc: 'max-age=60' },
    steps: [
      { get: { cache: 'only-if-cached', mode: 'same-origin' }, status: 504 },
      {},
      { get: { cache: 'only-if-cached', mode: 'same-origin' }, status: 200 },
    ],
    requests: 1,
    cross: false,
  },
  {
    rule: 'Subresource Integrity',
    says: 'the browser checks the answer of the worker; validations succeed, and other requests are not affected',
    tile: '1/0/0.bin',
    origin: { cc: 'max-age=60', etag: '"a"', body: 'tile', headers: { 'content-type': 'application/octet-stream' } },
    steps: [
      { get: { integrity: SHA_OF_TILE, keepalive: true, priority: 'high' }, status: 200, text: 'tile' },
      { get: { integrity: SHA_OF_TILE, referrerPolicy: 'no-referrer' }, cache: { hit: true }, text: 'tile' },
      { after: 80, get: { integrity: SHA_OF_TILE }, text: 'tile', cache: { fwd: 'stale', 'fwd-status': 304 } },
      { get: { integrity: SHA_OF_TILE.replace('i2a', 'aaa') }, status: 0 },
      { text: 'tile', cache: { hit: true } },
    ],
    requests: 2,
    cross: false,
  },
  {
    rule: 'RFC 8297',
    says: 'informational responses are skipped, and the final one is stored',
    origin: { cc: 'max-age=60', early: true },
    steps: [{ status: 200, from: 1 }, hit],
    requests: 1,
    cross: false,
  },
];
