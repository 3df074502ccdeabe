import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { Refusal } from '../../src/shared/status-detail';
import { type Claim, type Family, familyOfClaim, familyOfType, mimeOf } from './formats/family';
import { latin } from './formats/bytes';
import { readPicture } from './formats/images';
import { brokenVectorTile, isFramed } from './formats/vector-tile';
import { readWords, type Words } from './formats/words';

export type { Claim } from './formats/family';

/**
 * Returns why this body cannot be the complete tile that it claims to be, or `undefined` if nothing speaks against it.
 * Browsers let through truncated bodies without a declared length, a captive portal's page, and an error in place of a
 * tile under status 200. The check trusts the bytes over their content type. The request tells the expected format
 * first, then the stored tile, and the content type last. A body of an unknown format passes whatever its contents. So
 * does an error's body, because the worker uses only its status.
 */
export function checkBody(
  status: number,
  headers: Headers,
  bytes: Uint8Array,
  layer: Pick<ResolvedLayer, 'accept'>,
  type: ResponseType = 'basic',
  claim: Claim = {},
): Refusal | undefined {
  if (isCut(headers, bytes.length, type)) return 'cut';
  if (status < 200 || status > 299 || status === 204) return undefined;
  const mime = mimeOf(headers.get('content-type'));
  const told = familyOfType(mime);
  // A script that forgets to set the content type sends HTML or text by default: that is no claim.
  const wanted = familyOfClaim(claim) ?? (told === 'HTML' || told === 'text' ? undefined : told);
  if (!bytes.length) return wanted === 'vector' || wanted === 'binary' ? undefined : 'empty';
  const picture = readPicture(bytes);
  if (picture) {
    if (picture.cut) return `cut ${picture.name}`;
    if (layer.accept && !accepts(layer.accept, mime) && !accepts(layer.accept, picture.mime)) return typeText(mime);
    return wanted === 'vector' || wanted === 'JSON' ? `${picture.name} in place of ${NAMES[wanted]}` : undefined;
  }
  const words = isPacked(bytes) ? undefined : readWords(bytes);
  const wasVector = familyOfType(mimeOf(claim.storedType)) === 'vector';
  return (
    checkType(layer, mime, told, wanted, words) ??
    (words ? checkWords(words, wanted, told, mime, layer) : checkBinary(bytes, wanted, told, wasVector))
  );
}

/** True if a body of this many bytes is shorter than declared. */
export function isCut(headers: Headers, bytes: number, type: ResponseType): boolean {
  const length = Number(headers.get('content-length') ?? 0);
  // Across origins Content-Encoding is hidden, Content-Length is not: allow for the bytes a coding adds to a small
  // body.
  const slack = type === 'cors' ? 64 + length / 512 : 0;
  return !headers.has('content-encoding') && bytes + slack < length;
}

const NAMES: Partial<Record<Family, string>> = {
  picture: 'an image',
  vector: 'a vector tile',
  JSON: 'JSON',
  XML: 'XML',
  SVG: 'SVG',
};

const typeText = (mime: string): Refusal => `content type ${mime || 'missing'}`;
/** True for gzip, zlib (RFC 1950 section 2.2) and Zstandard. Brotli has no magic number. */
export function isPacked([first = 0, second = 0, third, fourth]: Uint8Array): boolean {
  if (first === 0x1f && second === 0x8b) return true;
  if (first === 0x78) return (first * 256 + second) % 31 === 0;
  return first === 0x28 && second === 0xb5 && third === 0x2f && fourth === 0xfd;
}

/** Checks the content type of a body whose bytes do not identify its format. */
function checkType(
  { accept }: Pick<ResolvedLayer, 'accept'>,
  mime: string,
  told: Family | undefined,
  wanted: Family | undefined,
  words: Words | undefined,
): Refusal | undefined {
  // The content type says text, but the bytes are binary, or they are the text format that was requested.
  const misnamed = told === 'HTML' || told === 'text' || told === 'script' || told === undefined;
  const proven = misnamed && (words ? isWanted(words, wanted) : wanted !== undefined && !isWord(wanted));
  if (accept)
    return accepts(accept, mime) || (proven && wanted && acceptsFamily(accept, wanted)) ? undefined : typeText(mime);
  if (told !== 'HTML' && told !== 'script') return undefined;
  // JSON is no HTML page, even if a script forgot to set its content type.
  const isData = told === 'HTML' && (!words || wanted === 'HTML' || (words.kind === 'JSON' && !words.cut && !wanted));
  return isData || proven ? undefined : typeText(mime);
}

const isWord = (family: Family) => family !== 'picture' && family !== 'vector' && family !== 'binary';

function isWanted({ kind }: Words, wanted: Family | undefined): boolean {
  return (kind === 'JSON' && wanted === 'JSON') || (kind === 'XML' && (wanted === 'XML' || wanted === 'SVG'));
}

/** Root elements and first members of the errors that services and object stores send instead of a tile. */
const EXCEPTION = /^(serviceexceptionreport|serviceexception|exceptionreport|exceptions?|errors?|fault)$/;
/** RFC 9457. */
const PROBLEM = /\/problem\+/;

/** Single words that servers send as an error or a status. */
const SAID =
  /error|fail|success|log.?in|welcome|forbid|den(y|ied)|unauthori[sz]ed|invalid|unavailable|timeout|throttl|limit|missing|null|undefined|none|true|false|nil|^(ok|\d+)\W*$/i;

function checkWords(
  words: Words,
  wanted: Family | undefined,
  told: Family | undefined,
  mime: string,
  { accept }: Pick<ResolvedLayer, 'accept'>,
): Refusal | undefined {
  const { kind, root, cut } = words;
  if (kind === 'HTML') return wanted === 'HTML' || (accept && told === 'HTML') ? undefined : 'HTML';
  if (EXCEPTION.test(root ?? '') || PROBLEM.test(mime)) return `an error in ${kind}`;
  // A picture may be SVG if the content type or the URL says so.
  if (root === 'svg' && (wanted === 'SVG' || (told === 'SVG' && wanted !== 'vector' && wanted !== 'JSON')))
    return cut ? 'cut SVG' : undefined;
  // A single word without a text content type may be an unknown format, unless it is a word that servers send as
  // status.
  if (kind === 'text' && told !== 'text' && words.word && !SAID.test(words.word)) return undefined;
  if (wanted === 'picture' || wanted === 'vector') return `${kind} in place of ${NAMES[wanted]}`;
  if (wanted === 'JSON' || wanted === 'XML' || wanted === 'SVG') {
    // An SVG has already passed above.
    const same = wanted === 'JSON' ? kind === 'JSON' : wanted === 'XML' && kind === 'XML';
    if (!same) return `${kind} in place of ${NAMES[wanted]}`;
    return cut ? `cut ${kind}` : undefined;
  }
  return mime !== '' && kind === told && cut ? `cut ${kind}` : undefined;
}

/** The start of JSON. Some parsers accept JSON with a control character in it, which the check takes for binary. */
const DATA = /^(\xef\xbb\xbf)?\s*[[{]/;

/** Text before a picture: a byte order mark, line breaks, a script's warning. */
const BEFORE_PICTURE = /^(\xef\xbb\xbf)?[\t\r\n -~]*(\x89PNG\r\n|\xff\xd8\xff[\xc0-\xfe])/;

/** Magic numbers of files that no browser or map library can read as a tile, whatever their content type. */
const FILES: ReadonlyArray<[RegExp, string]> = [
  [/^PK\x03\x04/, 'a zip file'],
  [/^%PDF-/, 'a PDF'],
  [/^SQLite format 3\0/, 'a database'],
  [/^PMTiles/, 'an archive'],
  // Bytes that a program has read and written as UTF-8: U+FFFD stands for the first one.
  [/^\xef\xbf\xbd/, 'mangled text'],
];

function checkBinary(
  bytes: Uint8Array,
  wanted: Family | undefined,
  told: Family | undefined,
  wasVector: boolean,
): Refusal | undefined {
  // All zeros mean a write that never reached the disk. In an unknown format they may be valid, say for open sea.
  if (wanted && wanted !== 'binary' && !bytes.some(Boolean)) return 'nothing but zeros';
  if (wanted === 'picture' || wanted === 'vector') {
    const head = latin(bytes, 0, 16);
    const file = FILES.find(([mark]) => mark.test(head));
    if (file) return `${file[1]} in place of ${NAMES[wanted]}`;
  }
  // With a content type of its own, the body may be of another format that the origin has moved to.
  if (
    wanted === 'JSON' &&
    told !== 'binary' &&
    told !== 'vector' &&
    !isPacked(bytes) &&
    !DATA.test(latin(bytes, 0, 64))
  )
    return 'binary in place of JSON';
  // No browser finds a picture after text or inside gzip. Unknown picture formats pass.
  if (wanted === 'picture')
    return bytes[0] === 0x1f && bytes[1] === 0x8b
      ? 'gzip in place of an image'
      : BEFORE_PICTURE.test(latin(bytes, 0, 1024))
        ? 'text before an image'
        : undefined;
  // A tile compressed once more than its headers say passes: the page's map library decompresses it.
  if (wanted !== 'vector' || isPacked(bytes)) return undefined;
  const broken = brokenVectorTile(bytes);
  // If only the URL says vector tile, a body that is no MVT counts as an unknown format, unless the stored tile was
  // MVT.
  return broken === 'no MVT' && told !== 'vector' && !(wasVector && !isFramed(bytes)) ? undefined : broken;
}

function accepts(accept: readonly string[], mime: string): boolean {
  return accept.some((one) => {
    const pattern = one.toLowerCase();
    return pattern === '*/*' || pattern === mime || (pattern.endsWith('/*') && mime.startsWith(pattern.slice(0, -1)));
  });
}

const acceptsFamily = (accept: readonly string[], family: Family) =>
  accept.some((one) => familyOfType(one.toLowerCase().replace('/*', '/x')) === family);
