import { gzipSync, brotliCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { forecast } from '../../server/audit/forecast';
import type { Evidence } from '../../server/audit/probe';
import { cache, cors, digest, findings, MVT, PAGE, PNG, type Server, text } from './audit-server';

const GIF = Buffer.concat([Buffer.from('GIF89a'), Buffer.alloc(100, 3)]);
const AVIF = Buffer.concat([Buffer.from([0, 0, 0, 32]), Buffer.from('ftypavif'), Buffer.alloc(100, 3)]);
const SVG = Buffer.from('<?xml version="1.0"?>\n<!-- made by hand -->\n<svg xmlns="http://www.w3.org/2000/svg"></svg>');
const CORS = { 'access-control-allow-origin': '*', 'access-control-expose-headers': '*' };
let count = 0;
let toggle = false;
const other = () => (count += 1);
const image = (body: Buffer, type: string) => ({ body, gzip: false, headers: { 'content-type': type } });
const WITHOUT = { without: ['cache-control'] };
const TYPE = { 'content-type': 'application/vnd.mapbox-vector-tile', 'cache-control': 'public, max-age=60' };

/** Replaces the server’s own answer to each request for the tile. */
const byHand = (
  write: (of: { coded: boolean; tag: string | undefined; url: string }) => [number, object, Buffer?],
): Server => ({
  answer(incoming, outgoing) {
    if (!/\/3\/1\/1/.test(incoming.url!)) return false;
    const coded = /gzip/.test(String(incoming.headers['accept-encoding']));
    const [status, headers, body] = write({ coded, tag: incoming.headers['if-none-match'], url: incoming.url! });
    outgoing.writeHead(status, { ...(body && { 'content-length': body.length }), ...headers }).end(body);
    return true;
  },
});

describe('an audit also names', () => {
  it.each<[string, string, Server]>([
    ['lifetime-unreadable', 'a unit', cache('public, max-age=1h')],
    ['lifetime-unreadable', 'a colon', cache('max-age: 60')],
    ['lifetime-unreadable', 'semicolons', cache('public; max-age=60')],
    ['lifetime-unreadable', 'a number below 0', cache('public, max-age=-1')],
    ['lifetime-unreadable', 'a fraction', cache('public, max-age=0.5')],
    ['lifetime-unreadable', 'spaces', cache('public, max-age = 60')],
    ['lifetime-unreadable', 'quotes', cache('public, max-age="60"')],
    ['lifetime-unreadable', 'an underscore', cache('max_age=60')],
    ['lifetime-unreadable', 'no hyphen', cache('max-age=60, nocache')],
    ['lifetime-unreadable', 'a window that is misspelt', cache('max-age=60, stalewhilerevalidate=30')],
    ['contradiction', 'two lifetimes', cache('max-age=60, public, max-age=31536000')],
    ['contradiction', 'a window that must-revalidate forbids', cache('max-age=60, must-revalidate, stale-if-error=60')],
    ['contradiction', 'a lifetime under no-cache', cache('no-cache, max-age=3600')],
    ['no-lifetime', 'public alone', cache('public')],
    ['no-lifetime', 'a lifetime for edges alone', cache('public, s-maxage=600')],
    ['lifetime-absurd', 'milliseconds for a window', cache('max-age=60, stale-while-revalidate=86400000000')],
    ['expired', 'Expires: 0', { ...WITHOUT, headers: { expires: '0' } }],
    ['expired', 'Expires: -1', { ...WITHOUT, headers: { expires: '-1' } }],
    ['expired', 'a year that is long past', { ...WITHOUT, headers: { expires: 'Thu, 01 Jan 1970 00:00:00 GMT' } }],
    [
      'long-without-version',
      'a year by Expires',
      { ...WITHOUT, headers: { expires: new Date(Date.now() + 3.15e10).toUTCString() } },
    ],
    [
      'long-without-version',
      'a key that looks like a digest',
      { path: '/tiles/roads/{z}/{x}/{y}.pbf?api_key=0123456789abcdef', ...cache('public, max-age=31536000') },
    ],
    [
      'vary-missing',
      'compressed or not, without Vary',
      {
        without: ['vary'],
        body: PNG,
        ...byHand(({ coded, tag }) =>
          tag === '"a"'
            ? [304, { etag: '"a"' }]
            : [
                200,
                { ...TYPE, etag: '"a"', ...(coded && { 'content-encoding': 'gzip' }) },
                coded ? gzipSync(MVT) : MVT,
              ],
        ),
      },
    ],
    [
      'coding-toggles',
      'servers that do not agree on compression',
      byHand(({ coded, tag }) => {
        const packs = coded && (toggle = !toggle);
        if (tag === '"a"') return [304, { etag: '"a"', vary: 'Accept-Encoding' }];
        return [
          200,
          { ...TYPE, etag: '"a"', vary: 'Accept-Encoding', ...(packs && { 'content-encoding': 'gzip' }) },
          packs ? gzipSync(MVT) : MVT,
        ];
      }),
    ],
    [
      'coding-unasked',
      'Brotli for a client that does not accept it',
      byHand(({ tag }) =>
        tag === '"a"'
          ? [304, { etag: '"a"' }]
          : [200, { ...TYPE, etag: '"a"', 'content-encoding': 'br' }, brotliCompressSync(MVT)],
      ),
    ],
    [
      'coding-false',
      'Content-Encoding: gzip on a plain body',
      byHand(() => [200, { ...TYPE, 'content-encoding': 'gzip' }, MVT]),
    ],
    ['vary-wide', 'Vary on the language', { headers: { vary: 'Accept-Encoding, Accept-Language' } }],
    ['vary-wide', 'Vary on client hints', { headers: { vary: 'Sec-CH-UA-Platform, Accept-Encoding' } }],
    ['vary-wide', 'Vary on the proxy’s client', { headers: { vary: 'X-Forwarded-For, Accept-Encoding' } }],
    ['etag-malformed', 'a tag without quotes', { etag: () => 'abc' }],
    ['etag-malformed', 'a lower-case w', { etag: () => 'w/"abc"' }],
    ['etag-malformed', 'two tags', { etag: () => '"a", "b"' }],
    [
      'etag-stays',
      'the same ETag for different bytes',
      byHand(({ tag }) =>
        tag === '"a"'
          ? [304, { etag: '"a"' }]
          : [200, { ...TYPE, etag: '"a"' }, Buffer.concat([PNG.subarray(8), Buffer.from([other()])])],
      ),
    ],
    [
      'bytes-change',
      'a timestamp in the tile',
      byHand(() => {
        const body = Buffer.concat([Buffer.from([26, 1]), Buffer.from([other(), 0])]);
        return [200, { ...TYPE, etag: digest(body) }, body];
      }),
    ],
    [
      'always-304',
      'a 304 for any If-None-Match',
      byHand(({ tag }) =>
        tag ? [304, { etag: '"a"' }] : [200, { ...TYPE, 'content-type': 'image/png', etag: '"a"' }, PNG],
      ),
    ],
    [
      'conditions-fail',
      'a 412 for a GET',
      byHand(({ tag }) =>
        tag === '"a"' ? [412, {}] : [200, { ...TYPE, 'content-type': 'image/png', etag: '"a"' }, PNG],
      ),
    ],
    ['empty-body', 'an empty image', { ...image(Buffer.alloc(0), 'image/png'), path: '/tiles/base/{z}/{x}/{y}.png' }],
    [
      'error-document',
      'a map server’s exception, as XML',
      {
        ...text('<?xml version="1.0"?>\n<ServiceExceptionReport version="1.3.0"></ServiceExceptionReport>', 'text/xml'),
        path: '/wms/{z}/{x}/{y}',
      },
    ],
    [
      'error-document',
      'a bucket’s error',
      {
        ...text('<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>', 'application/xml'),
        path: '/tiles/roads/{z}/{x}/{y}',
      },
    ],
    [
      'error-document',
      'a failure in place of GeoJSON',
      { ...text('{"error":{"code":500}}', 'application/geo+json'), path: '/tiles/a/{z}/{x}/{y}.geojson' },
    ],
    [
      'error-document',
      'plain text where an image was requested from a WMS',
      { ...text('Internal error: no connection', 'text/plain'), path: '/wms/{z}/{x}/{y}?FORMAT=image/png' },
    ],
    ['html-body', 'an HTML page after a byte order mark', text('\ufeff<!doctype html><p>down', 'text/html')],
    ['wrong-type', 'a vector tile as JSON', { headers: { 'content-type': 'application/json' } }],
    ['wrong-type', 'a vector tile as an image', { headers: { 'content-type': 'image/png' } }],
    ['gzip-hidden', 'gzip as the type', { ...image(gzipSync(MVT), 'application/gzip') }],
    ['missing-forbidden', 'a bucket that may not be listed', { missing: { status: 403 } }],
    [
      'missing-stays',
      'a 404 for a month, by Expires',
      { missing: { status: 404, headers: { expires: new Date(Date.now() + 2.6e9).toUTCString() } } },
    ],
    ['query-ignored', 'TCP_HIT', { headers: { 'x-cache': 'TCP_HIT' } }],
    ['query-ignored', 'nginx', { headers: { 'x-cache-status': 'HIT' } }],
    ['query-ignored', 'Varnish', { headers: { 'x-varnish': '32770 3' } }],
    ['query-ignored', 'a stale hit', { headers: { 'cf-cache-status': 'STALE' } }],
    ['edge-forbidden', 'CDN-Cache-Control: no-store', { headers: { 'cdn-cache-control': 'no-store' } }],
    ['edge-forbidden', 'Surrogate-Control', { headers: { 'surrogate-control': 'max-age=0' } }],
    ['edge-idle', 'an edge that passes requests through', { headers: { 'cf-cache-status': 'DYNAMIC' } }],
    ['edge-idle', 'an edge that bypasses', { headers: { 'cache-status': 'edge; fwd=bypass' } }],
    ['edge-idle', 'an edge that never hits', { headers: { 'x-cache': 'MISS from edge-1' } }],
    ['no-tags', 'a blank Cache-Tag', { task: { tags: true }, headers: { 'cache-tag': ' ' } }],
    [
      'version-flaps',
      'instances that disagree on the version',
      { headers: () => ({ 'x-tile-version': `v${other() % 2}` }) },
    ],
    ['clears-site', 'a tile that empties the cache', { headers: { 'clear-site-data': '"cache"' } }],
    ['cors-errors', 'CORS headers only on successful responses', { ...cors(CORS), bareErrors: true }],
    [
      'cors-credentials',
      'credentials together with any origin',
      cors({ ...CORS, 'access-control-allow-credentials': 'true' }),
    ],
    [
      'corp-blocks',
      'a resource policy that excludes other pages',
      cors({ ...CORS, 'cross-origin-resource-policy': 'same-origin' }),
    ],
    ['no-cors', 'Access-Control-Allow-Origin twice', cors({ 'access-control-allow-origin': '*, *' })],
  ])('%s: %s', async (code, _, server) => {
    expect(await findings(server)).toEqual([code]);
  });
});

describe('an audit also finds nothing wrong with', () => {
  it.each<[string, Server]>([
    ['GIF', image(GIF, 'image/gif')],
    ['AVIF', { ...image(AVIF, 'image/avif'), path: '/tiles/base/{z}/{x}/{y}.avif' }],
    ['SVG', { ...image(SVG, 'image/svg+xml'), path: '/tiles/base/{z}/{x}/{y}.svg' }],
    ['an empty vector tile', { body: Buffer.alloc(0), gzip: false }],
    ['octet-stream', { headers: { 'content-type': 'application/octet-stream' } }],
    ['a page on the same origin as the tiles', { task: { page: 'own' } }],
    [
      'a version in the path',
      { path: '/tiles/roads/v3.2/{z}/{x}/{y}.pbf', ...cache('public, max-age=31536000, immutable') },
    ],
    ['a day in the path', { path: '/tiles/2026-11-27/roads/{z}/{x}/{y}.pbf', ...cache('max-age=31536000') }],
    ['a revision in the query', { path: '/tiles/roads/{z}/{x}/{y}.pbf?rev=17', ...cache('max-age=31536000') }],
    ['must-revalidate alone', cache('public, max-age=60, must-revalidate')],
    ['max-age=0 with a window', cache('public, max-age=0, s-maxage=60, stale-while-revalidate=30')],
    ['an unknown extension', cache('public, max-age=60, ext="max-age=1h; a, b"')],
    ['no-cache for one field only', cache('public, max-age=60, no-cache="Set-Cookie"')],
    ['Expires without Cache-Control', { ...WITHOUT, headers: { expires: new Date(Date.now() + 6e5).toUTCString() } }],
    ['a proxy’s Vary', { headers: { vary: 'Accept-Encoding, X-Forwarded-Proto' } }],
    ['a weak tag', { etag: (body) => `W/${digest(body)}` }],
    [
      'tiles that are always compressed',
      byHand(({ tag }) =>
        tag === '"a"'
          ? [304, { etag: '"a"' }]
          : [200, { ...TYPE, etag: '"a"', 'content-encoding': 'gzip' }, gzipSync(MVT)],
      ),
    ],
    [
      'Last-Modified alone',
      {
        without: ['etag'],
        answer(incoming, outgoing) {
          if (!incoming.headers['if-modified-since'])
            return (void outgoing.setHeader('last-modified', 'Thu, 01 Oct 2026 00:00:00 GMT'), false);
          outgoing.writeHead(304).end();
          return true;
        },
      },
    ],
    ['400 outside the grid', { missing: { status: 400 } }],
    [
      'an edge that alternates between MISS and HIT',
      { headers: ({ url }) => ({ 'x-cache': url!.includes('audit-') || other() % 2 ? 'MISS' : 'HIT' }) },
    ],
    [
      'TileJSON-like GeoJSON with a name',
      {
        ...text('{"type":"FeatureCollection","name":"error","features":[]}', 'application/json'),
        path: '/tiles/a/{z}/{x}/{y}',
      },
    ],
    [
      'CORS with credentials for one page',
      cors({
        'access-control-allow-origin': PAGE,
        'access-control-allow-credentials': 'true',
        'access-control-expose-headers': 'ETag, Date',
        vary: 'Accept-Encoding, Origin',
      }),
    ],
    ['a resource policy that admits every page', cors({ ...CORS, 'cross-origin-resource-policy': 'cross-origin' })],
    ['CDN-Cache-Control equal to Cache-Control', { headers: { 'cdn-cache-control': 'max-age=600' } }],
  ])('%s', async (_, server) => {
    expect(await findings(server)).toEqual([]);
  });
});

it('the forecast uses Expires in the absence of Cache-Control', async () => {
  const { edge, browser } = forecastOf({
    expires: 'Fri, 27 Nov 2026 00:10:00 GMT',
    date: 'Fri, 27 Nov 2026 00:00:00 GMT',
  });
  expect([edge, browser].map((text) => /fresh for 600 s/.test(text))).toEqual([true, true]);
});

const forecastOf = (headers: Record<string, string>) =>
  forecast({ first: { status: 200, headers: new Headers(headers) } } as unknown as Evidence);
