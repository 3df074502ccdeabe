/** Bytes of a part that is answered here; who wants more copies the file. */
const MAX_PART = 16 * 1024 * 1024;

/** A part as a request names it. Without `first`, so many bytes at the file's end; without `last`, all that follows. */
export interface WantedPart {
  first?: number;
  last?: number;
}

/** First and last byte. */
export interface Part {
  first: number;
  last: number;
}

/** True for what is between the page and its host: somebody's own, or past every cache. */
export const isPast = ({ headers, cache }: Request) =>
  headers.has('authorization') || cache === 'no-store' || cache === 'reload';

/** The one part that a request asks for (RFC 9110 section 14.1.2); undefined for what is left to the network. */
export function wantedBy(request: Request): WantedPart | undefined {
  const { method, headers } = request;
  if (method !== 'GET' || isPast(request)) return undefined;
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(headers.get('range') ?? '') ?? [];
  if (first === '' && !Number(last)) return undefined;
  const wanted = { ...(first !== '' && { first: Number(first) }), ...(last !== '' && { last: Number(last) }) };
  return wanted.first !== undefined && wanted.last !== undefined && wanted.last < wanted.first ? undefined : wanted;
}

/** Where that is in a file of so many bytes; undefined where it cannot be told, or is too much. */
export function placeOf({ first, last }: WantedPart, length: number | undefined): Part | undefined {
  const part =
    first !== undefined && last !== undefined
      ? { first, last }
      : length !== undefined && { first: first ?? Math.max(0, length - last!), last: length - 1 };
  return part && part.last - part.first < MAX_PART ? part : undefined;
}

/** RFC 9110 sections 13.1.1 and 13.1.5: a part of this edition is an answer. */
export function mayAnswer({ headers }: Request, etag: string): boolean {
  const [ifMatch, ifRange] = [headers.get('if-match'), headers.get('if-range')];
  const strong = etag !== '' && !etag.startsWith('W/');
  const matches = ifMatch === null || ifMatch === '*' || (strong && ifMatch.split(/,\s*/).includes(etag));
  return matches && (ifRange === null || (strong && ifRange === etag));
}
