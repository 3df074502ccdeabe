import type { ResolvedLayer } from '../../src/shared/layer-options';

/**
 * Why this body cannot be the whole tile that it claims to be, or `undefined` when nothing speaks against it. What a
 * browser lets through: bodies cut where nobody gave a length, empty ones, a captive portal's page. Types that it does
 * not know pass, and so does an error's body: only its status is of use.
 */
export function checkBody(
  status: number,
  headers: Headers,
  bytes: Uint8Array,
  layer: Pick<ResolvedLayer, 'accept'>,
  type: ResponseType = 'basic',
): string | undefined {
  const length = Number(headers.get('content-length') ?? 0);
  // Across origins Content-Encoding is hidden while Content-Length is not: allow for what a coding adds to a small body.
  const slack = type === 'cors' ? 64 + length / 512 : 0;
  if (!headers.has('content-encoding') && bytes.length + slack < length) return 'cut';
  if (status < 200 || status > 299 || status === 204) return undefined;
  if (!bytes.length) return 'empty';
  const refused = refusesType(status, headers, layer);
  if (refused) return refused;
  const mime = mimeOf(headers);
  if (!isHtml(mime) && looksLikeHtml(bytes)) return 'HTML';
  return cutShort(mime, bytes) ?? (isVectorTile(mime) ? brokenVectorTile(bytes) : undefined);
}

/** Why the head alone says that this is no tile of the layer. */
export function refusesType(
  status: number,
  headers: Headers,
  layer: Pick<ResolvedLayer, 'accept'>,
): string | undefined {
  if (status < 200 || status > 299 || status === 204) return undefined;
  const mime = mimeOf(headers);
  return (layer.accept ? accepts(layer.accept, mime) : !isHtml(mime)) ? undefined : `content type ${mime || 'missing'}`;
}

const mimeOf = (headers: Headers) => (headers.get('content-type') ?? '').split(';')[0]!.trim().toLowerCase();
const isHtml = (mime: string) => mime === 'text/html' || mime === 'application/xhtml+xml';
const isVectorTile = (mime: string) => /mapbox-vector-tile|protobuf|[/.]mvt$|[-/]pbf$/.test(mime);

function accepts(accept: readonly string[], mime: string): boolean {
  return accept.some((one) => {
    const pattern = one.toLowerCase();
    return pattern === '*/*' || pattern === mime || (pattern.endsWith('/*') && mime.startsWith(pattern.slice(0, -1)));
  });
}

function text(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, end));
}

function looksLikeHtml(bytes: Uint8Array): boolean {
  return /^(\xef\xbb\xbf)?\s*<(!doctype html|html|head|body|script)\b/i.test(text(bytes, 0, 128));
}

/** How these begin, after their type and a line break, and how they end: a JPEG's mark cannot occur inside its data. */
const ENDS: [RegExp, RegExp, string][] = [
  [/\n\x89PNG/, /IEND\xaeB`\x82/, 'PNG'],
  [/\n\xff\xd8\xff/, /\xff\xd9/, 'JPEG'],
  [/\nGIF8/, /;\0*$/, 'GIF'],
  [/json\n\s*\{/, /\}\s*$/, 'JSON'],
  [/json\n\s*\[/, /\]\s*$/, 'JSON'],
];

/** Many formats say by themselves where they end; some encoders pad behind that. */
function cutShort(mime: string, bytes: Uint8Array): string | undefined {
  const { length } = bytes;
  const head = `${mime}\n${text(bytes, 0, 12)}`;
  const tail = text(bytes, Math.max(0, length - 32), length);
  for (const [begin, end, name] of ENDS) if (begin.test(head) && !end.test(tail)) return `cut ${name}`;
  const webp =
    /\nRIFF[^]{4}WEBP/.test(head) && new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true) + 8 > length;
  return webp ? 'cut WebP' : undefined;
}

/** A vector tile is a sequence of protobuf fields: the last one has to end where the body does. */
function brokenVectorTile(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return 'gzipped MVT';
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; scale < 2 ** 64; scale *= 128) {
      const byte = bytes[at++] ?? NaN;
      value += (byte & 127) * scale;
      if (!(byte & 128)) return at > bytes.length ? NaN : value;
    }
    return NaN;
  };
  while (at < bytes.length) {
    const tag = varint();
    const wire = tag % 8;
    if (!(tag >= 8)) return 'no MVT';
    if (wire === 0 || wire === 2) {
      const value = varint();
      // A cut number is NaN, and so is all that is reckoned with it.
      at += wire ? value : value * 0;
    } else if (wire === 1) at += 8;
    else if (wire === 5) at += 4;
    else return 'no MVT';
  }
  return at === bytes.length ? undefined : 'cut MVT';
}
