import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { Refusal } from '../../src/shared/status-detail';
import { type Claim, type Family, familyOfClaim, familyOfType, mimeOf } from './formats/family';
import { latin } from './formats/bytes';
import { readPicture } from './formats/images';
import { brokenVectorTile, isFramed } from './formats/vector-tile';
import { readWords, type Words } from './formats/words';

export type { Claim } from './formats/family';

/**
 * Why this body cannot be the whole tile that it claims to be, or `undefined` when nothing speaks against it. What a
 * browser lets through: bodies cut where nobody gave a length, a captive portal's page, an error in place of a tile under
 * status 200. The bytes are believed before their label; what they should be, the request says, the tile that is stored,
 * and last the label. A format that is not known passes whatever is in it, and so does an error's body: only its status
 * is of use.
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
  // A script that forgot its header says HTML or text: that is no claim.
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

/** True when a body of so many bytes is less than was declared. */
export function isCut(headers: Headers, bytes: number, type: ResponseType): boolean {
  const length = Number(headers.get('content-length') ?? 0);
  // Across origins Content-Encoding is hidden while Content-Length is not: allow for what a coding adds to a small body.
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
/** Gzip, zlib (RFC 1950 section 2.2) and Zstandard; Brotli bears no mark. */
export function isPacked([first = 0, second = 0, third, fourth]: Uint8Array): boolean {
  if (first === 0x1f && second === 0x8b) return true;
  if (first === 0x78) return (first * 256 + second) % 31 === 0;
  return first === 0x28 && second === 0xb5 && third === 0x2f && fourth === 0xfd;
}

/** The label counts against a body that does not show by itself what it is. */
function checkType(
  { accept }: Pick<ResolvedLayer, 'accept'>,
  mime: string,
  told: Family | undefined,
  wanted: Family | undefined,
  words: Words | undefined,
): Refusal | undefined {
  // Under a wrong label of text, bytes that are none, or the characters that were asked for.
  const misnamed = told === 'HTML' || told === 'text' || told === 'script' || told === undefined;
  const proven = misnamed && (words ? isWanted(words, wanted) : wanted !== undefined && !isWord(wanted));
  if (accept)
    return accepts(accept, mime) || (proven && wanted && acceptsFamily(accept, wanted)) ? undefined : typeText(mime);
  if (told !== 'HTML' && told !== 'script') return undefined;
  // No page is JSON, whatever a script forgot to say.
  const isData = told === 'HTML' && (!words || (words.kind === 'JSON' && !words.cut && !wanted));
  return isData || proven ? undefined : typeText(mime);
}

const isWord = (family: Family) => family !== 'picture' && family !== 'vector' && family !== 'binary';

function isWanted({ kind }: Words, wanted: Family | undefined): boolean {
  return (kind === 'JSON' && wanted === 'JSON') || (kind === 'XML' && (wanted === 'XML' || wanted === 'SVG'));
}

/** Root elements and first members of what services and stores answer instead of a tile. */
const EXCEPTION = /^(serviceexceptionreport|serviceexception|exceptionreport|exceptions?|errors?|fault)$/;
/** RFC 9457. */
const PROBLEM = /\/problem\+/;

/** What servers say in a single word. */
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
  if (kind === 'HTML') return accept && told === 'HTML' ? undefined : 'HTML';
  if (EXCEPTION.test(root ?? '') || PROBLEM.test(mime)) return `an error in ${kind}`;
  // A picture may be SVG where the label or the address says so.
  if (root === 'svg' && (wanted === 'SVG' || (told === 'SVG' && wanted !== 'vector' && wanted !== 'JSON')))
    return cut ? 'cut SVG' : undefined;
  // A single word under no label of text may be a format that is not known, unless it is what servers say.
  if (kind === 'text' && told !== 'text' && words.word && !SAID.test(words.word)) return undefined;
  if (wanted === 'picture' || wanted === 'vector') return `${kind} in place of ${NAMES[wanted]}`;
  if (wanted === 'JSON' || wanted === 'XML' || wanted === 'SVG') {
    // An SVG would have been one by now.
    const same = wanted === 'JSON' ? kind === 'JSON' : wanted === 'XML' && kind === 'XML';
    if (!same) return `${kind} in place of ${NAMES[wanted]}`;
    return cut ? `cut ${kind}` : undefined;
  }
  return mime !== '' && kind === told && cut ? `cut ${kind}` : undefined;
}

/** JSON with a control character in it, which some readers forgive. */
const DATA = /^(\xef\xbb\xbf)?\s*[[{]/;

/** A byte order mark, line breaks, a script's warning. */
const BEFORE_PICTURE = /^(\xef\xbb\xbf)?[\t\r\n -~]*(\x89PNG\r\n|\xff\xd8\xff[\xc0-\xfe])/;

/** Files that no browser and no map library reads in a tile's place, whatever they are called. */
const FILES: ReadonlyArray<[RegExp, string]> = [
  [/^PK\x03\x04/, 'a zip file'],
  [/^%PDF-/, 'a PDF'],
  [/^SQLite format 3\0/, 'a database'],
  [/^PMTiles/, 'an archive'],
];

function checkBinary(
  bytes: Uint8Array,
  wanted: Family | undefined,
  told: Family | undefined,
  wasVector: boolean,
): Refusal | undefined {
  // A write that never reached its disk. A format that is not known may be all zeros where the sea is.
  if (wanted && wanted !== 'binary' && !bytes.some(Boolean)) return 'nothing but zeros';
  if (wanted === 'picture' || wanted === 'vector') {
    const head = latin(bytes, 0, 16);
    const file = FILES.find(([mark]) => mark.test(head));
    if (file) return `${file[1]} in place of ${NAMES[wanted]}`;
  }
  // Under a label of its own it may be another format by now.
  if (
    wanted === 'JSON' &&
    told !== 'binary' &&
    told !== 'vector' &&
    !isPacked(bytes) &&
    !DATA.test(latin(bytes, 0, 64))
  )
    return 'binary in place of JSON';
  // No browser looks for a picture behind text, or within gzip. Pictures of unknown kinds pass.
  if (wanted === 'picture')
    return bytes[0] === 0x1f && bytes[1] === 0x8b
      ? 'gzip in place of an image'
      : BEFORE_PICTURE.test(latin(bytes, 0, 1024))
        ? 'text before an image'
        : undefined;
  // Packed once more than its headers say: the page's library opens it.
  if (wanted !== 'vector' || isPacked(bytes)) return undefined;
  const broken = brokenVectorTile(bytes);
  // Named so by its address alone, another format than MVT is one that is not known, unless a tile was MVT before.
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
