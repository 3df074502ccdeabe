import type { Check } from '../finding';
import type { Evidence } from '../probe';
import { imageOf, isFailure, kindOf, typeOf } from '../tile-bytes';

const isJson = ({ url }: Evidence) => /\.(geo)?json$/.test(url.pathname);
const isText = (evidence: Evidence) => isJson(evidence) || /\.(svg|xml|kml|gml)$/.test(evidence.url.pathname);

export const notATile: Check = (evidence) => {
  const { first } = evidence;
  if (first.status === 200) return undefined;
  return {
    code: 'no-tile',
    level: 'error',
    seen: `status ${first.status}`,
    happens: 'There is no tile at this URL, so nothing else can be checked.',
    cure: 'Name a tile that exists with --tile z/x/y, and credentials with --header.',
  };
};

export const falseCoding: Check = ({ first: { broken, headers } }) =>
  broken
    ? {
        code: 'coding-false',
        level: 'error',
        seen: `Content-Encoding: ${headers.get('content-encoding')}, but the body is not encoded like that`,
        happens: 'Browsers cannot decode the tile, so none arrives, and nothing else can be checked.',
        cure: 'Send Content-Encoding only with bodies that are encoded: an archive may contain compressed and plain tiles.',
      }
    : undefined;

export const redirects: Check = ({ first: { redirected } }) =>
  redirected
    ? {
        code: 'redirect',
        level: 'warning',
        seen: 'the tile’s URL redirects',
        happens: 'Each tile costs two round trips, and a conditional request to another origin is lost on the way.',
        cure: 'Use the final URL in the map’s style.',
      }
    : undefined;

export const html: Check = ({ first }) =>
  first.status === 200 && kindOf(first.body) === 'html'
    ? {
        code: 'html-body',
        level: 'error',
        seen: 'an HTML document with status 200',
        happens: 'Caches store the page in place of the tile. The worker refuses it, and shows its stored tile.',
        cure: 'Send errors with their status; look for a login page or a fallback to index.html.',
      }
    : undefined;

export const errorDocument: Check = (evidence) => {
  const kind = kindOf(evidence.first.body);
  const words = kind === 'json' || kind === 'xml' || kind === 'text';
  const meant = isText(evidence) || /json|xml|text/.test(asked(evidence));
  if (evidence.first.status !== 200 || !words || (meant && !isFailure(evidence.first.body))) return undefined;
  return {
    code: 'error-document',
    level: 'error',
    seen: `${kind} with status 200, in place of a tile`,
    happens: 'Edge and browser keep the error in place of the tile for its lifetime. The worker refuses it.',
    cure: 'Send errors with their status, 404 or 503.',
  };
};

/** Returns the requested format. JSON that is declared as JSON is right; WMS names the format in its query. */
const asked = ({ first, url }: Evidence) => {
  const format = [...url.searchParams].find(([name]) => /^format$/i.test(name))?.[1] ?? '';
  const other =
    /\.(pbf|mvt|mlt|png|jpe?g|webp|avif|gif)(@|$)/i.test(url.pathname) ||
    /^image\/(?!svg)|protobuf|mvt|vector-tile/i.test(format);
  return other ? '' : typeOf(first.headers);
};

/** Reports an image without bytes, which every library treats as broken. An empty vector tile is valid. */
export const emptyImage: Check = ({ first, url }) =>
  first.status === 200 &&
  first.body.length === 0 &&
  (typeOf(first.headers).startsWith('image/') || /\.(png|jpe?g|webp|avif|gif)$/i.test(url.pathname))
    ? {
        code: 'empty-body',
        level: 'error',
        seen: 'an image of 0 bytes, with status 200',
        happens: 'Map libraries show a broken image, and caches keep it. The worker refuses it.',
        cure: 'Answer 204 or 404 for an empty tile, or send a transparent image.',
      }
    : undefined;

export const wrongType: Check = (evidence) => {
  const { headers, body, status } = evidence.first;
  const [kind, type] = [kindOf(body), typeOf(headers)];
  const image = ['png', 'jpeg', 'webp', 'avif', 'gif', 'svg'].includes(kind);
  // Report a mismatch only between types that `kindOf` recognizes by their first bytes; accept any other type.
  const wrong = image
    ? imageOf(type) !== kind
    : kind === 'binary' && (imageOf(type) !== undefined || /^text\/|html|javascript|json|xml|zip/.test(type));
  if (status !== 200 || !(wrong || type === '') || kind === 'html' || kind === 'empty') return undefined;
  return {
    code: 'wrong-type',
    level: 'warning',
    seen: `Content-Type: ${type || '(none)'}, and the bytes are ${kind === 'binary' ? 'a vector tile’s' : kind}`,
    happens:
      'With X-Content-Type-Options: nosniff browsers refuse it. Edges decide by the type whether to compress it.',
    cure: `Send ${image ? `image/${kind === 'svg' ? 'svg+xml' : kind}` : 'application/vnd.mapbox-vector-tile'}.`,
  };
};

export const hiddenGzip: Check = ({ first: { body, headers }, url }) =>
  kindOf(body) === 'gzip' && !(headers.get('content-type')?.includes('gzip') && /\.t?gz$/i.test(url.pathname))
    ? {
        code: 'gzip-hidden',
        level: 'error',
        seen: 'gzip bytes without Content-Encoding (or gzipped twice)',
        happens: 'Map libraries cannot read the tile: the browser decodes only what Content-Encoding names.',
        cure: 'Tiles in MBTiles are gzipped already: send Content-Encoding: gzip, and disable the server’s own compression for them.',
      }
    : undefined;

const MUCH = 4096;

export const uncompressed: Check = (evidence) => {
  const { body, headers } = evidence.first;
  const kind = kindOf(body);
  const packs = kind === 'binary' || kind === 'json' || kind === 'xml' || kind === 'svg';
  return packs && body.length > MUCH && !headers.has('content-encoding') && compressible(body)
    ? {
        code: 'uncompressed',
        level: 'warning',
        seen: `${body.length} bytes without Content-Encoding, though gzip was accepted`,
        happens: 'Vector tiles take two to five times as long, and as much space in each store.',
        cure: 'gzip on; with gzip_types application/vnd.mapbox-vector-tile application/x-protobuf.',
      }
    : undefined;
};

/**
 * Returns whether the bytes would compress well: text and coordinates use few values, compressed data uses all about
 * equally.
 */
function compressible(body: Uint8Array): boolean {
  const counts = new Array<number>(256).fill(0);
  const sample = body.subarray(0, 16_384);
  for (const byte of sample) counts[byte]! += 1;
  const entropy = counts.reduce(
    (sum, count) => (count ? sum - (count / sample.length) * Math.log2(count / sample.length) : sum),
    0,
  );
  return entropy < 7;
}

export const noLength: Check = ({ first: { headers } }) =>
  headers.has('content-length') ||
  headers.has('transfer-encoding') ||
  headers.has('content-encoding') ||
  !/close/i.test(headers.get('connection') ?? '')
    ? undefined
    : {
        code: 'no-length',
        level: 'warning',
        seen: 'neither Content-Length nor chunks: the end of the connection ends the tile',
        happens: 'A tile that is cut short on the way looks complete: edge and browser store it.',
        cure: 'Send Content-Length, or HTTP/1.1 chunks.',
      };
