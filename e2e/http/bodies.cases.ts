import type { Exchange } from '../server/exchange';
import type { Case } from './exchange-table';

const good: Exchange = { cc: 'max-age=60, stale-if-error=3600', etag: '"a"' };
const bad: Array<[string, Exchange, tile?: string]> = [
  ['shorter than its Content-Length', { truncate: 10 }],
  ['cut before its last chunk', { truncate: 10, framing: 'chunked' }],
  ['a PNG cut where the connection closed', { truncate: 20, framing: 'close' }],
  ['a vector tile cut where the connection closed', { truncate: 3, framing: 'close' }, '1/0/0.pbf'],
  ['a JSON document cut where the connection closed', { truncate: 3, framing: 'close' }, '1/0/0.json'],
  ['a gzip stream cut without a length', { gzip: true, truncate: 40, framing: 'close' }],
  ['empty', { body: '' }],
  [
    "a portal's page with status 200",
    { body: '<!doctype html><title>Sign in</title>', headers: { 'content-type': 'text/html' } },
  ],
  ["a portal's page that calls itself a tile", { body: '<!DOCTYPE HTML><html>Sign in' }],
  [
    'an OGC exception',
    { body: '<?xml version="1.0"?><ServiceExceptionReport/>', headers: { 'content-type': 'text/xml' } },
  ],
  ['plain text', { body: 'Rate limit exceeded', headers: { 'content-type': 'text/plain' } }],
  ['a page behind a comment', { body: '<!-- x --><title>Sign in</title>' }],
  ['a redirect to a login page', { status: 302, headers: { location: '/login.html?portal=1' } }],
];

/** A body that is not a complete tile is neither stored nor replaces a good tile. */
export const bodies: Case[] = [
  ...bad.map(([says, fault, tile]): Case => ({
    rule: 'RFC 9111 section 3.3',
    says: `not stored: ${says}`,
    ...(tile && { tile }),
    origin: [{ ...good, ...fault }, good],
    steps: [{}, { status: 200, from: 2, cache: { fwd: 'uri-miss', stored: false } }],
    requests: 2,
  })),
  ...bad.map(([says, fault, tile]): Case => ({
    rule: 'RFC 9111 section 3.3',
    says: `does not replace a good tile: ${says}`,
    ...(tile && { tile }),
    origin: [good, { ...good, etag: '"b"', ...fault }, good],
    steps: [
      { status: 200 },
      { after: 70, status: 200, headers: { etag: '"a"' } },
      { status: 200, headers: { etag: '"a"' } },
    ],
    requests: 3,
    // Across origins, the HTTP cache makes the conditional request, and it has stored the bad response.
    cross: false,
  })),
  {
    rule: 'accept',
    says: 'a content type that the layer does not accept is not stored',
    layer: 'images',
    tile: '1/0/0.json',
    origin: { cc: 'max-age=60' },
    steps: [{ cache: { stored: false } }, { cache: { fwd: 'uri-miss' } }],
    requests: 2,
  },
  {
    rule: 'RFC 9111 section 3',
    says: 'a tile behind a redirect is stored under the URL that the page requested',
    origin: { status: 302, headers: { location: '/tiles/elsewhere/9/9/9.png?cc=max-age%3D60' } },
    steps: [{ status: 200 }, { status: 200, cache: { hit: true } }],
    requests: 1,
  },
];

/** Cache-Status (RFC 9211) and opaque responses. */
export const marking: Case[] = [
  {
    rule: 'RFC 9211 section 2',
    says: 'our member follows those that upstream caches sent',
    origin: { cc: 'max-age=60', headers: { 'cache-status': 'edge; hit; ttl=30' } },
    steps: [
      { headers: { 'cache-status': 'edge; hit; ttl=30, sw-tile-cache; fwd=uri-miss; fwd-status=200' } },
      { cache: { hit: true } },
    ],
    requests: 1,
  },
  {
    rule: 'RFC 9211 section 2.4',
    says: 'ttl is negative for a stale tile',
    origin: { cc: 'max-age=60, stale-while-revalidate=600', etag: '"a"' },
    steps: [{}, { after: 90, cache: { hit: true, ttl: -30 } }],
    requests: 2,
    cross: false,
  },
  {
    rule: 'Server-Timing',
    says: 'names the outcome and the age of the tile',
    origin: { cc: 'max-age=60', headers: { 'server-timing': 'db;dur=5' } },
    steps: [{}, { after: 10, cache: { hit: true } }],
    requests: 1,
  },
];
