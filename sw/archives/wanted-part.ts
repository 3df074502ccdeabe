/** The most bytes of a part that the worker answers; a reader that wants more copies the file. */
const MAX_PART = 16 * 1024 * 1024;

/**
 * A part as a request names it. Without `first`, the last `last` bytes of the file; without `last`, everything from
 * `first` on.
 */
export interface WantedPart {
  first?: number;
  last?: number;
}

/** The first and the last byte of a part. */
export interface ByteRange {
  first: number;
  last: number;
}

/**
 * True for a request that the worker leaves to the page and its host: with credentials of its own, or past every cache.
 */
export const isPast = ({ headers, cache }: Request) =>
  headers.has('authorization') || cache === 'no-store' || cache === 'reload';

/**
 * Returns the one part that a request asks for (RFC 9110 section 14.1.2); undefined for requests left to the network.
 */
export function wantedBy(request: Request): WantedPart | undefined {
  const { method, headers } = request;
  if (method !== 'GET' || isPast(request)) return undefined;
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(headers.get('range') ?? '') ?? [];
  if (first === '' && !Number(last)) return undefined;
  const wanted = { ...(first !== '' && { first: Number(first) }), ...(last !== '' && { last: Number(last) }) };
  return wanted.first !== undefined && wanted.last !== undefined && wanted.last < wanted.first ? undefined : wanted;
}

/**
 * Returns the part's place in a file of `length` bytes; undefined if it cannot be told, or if the part is too large.
 */
export function resolvePart({ first, last }: WantedPart, length: number | undefined): ByteRange | undefined {
  const part =
    first !== undefined && last !== undefined
      ? { first, last }
      : length !== undefined && { first: first ?? Math.max(0, length - last!), last: length - 1 };
  return part && part.last - part.first < MAX_PART ? part : undefined;
}

/** True if a part of this edition is a valid answer (RFC 9110 sections 13.1.1 and 13.1.5). */
export function mayAnswer({ headers }: Request, etag: string): boolean {
  const [ifMatch, ifRange] = [headers.get('if-match'), headers.get('if-range')];
  const strong = etag !== '' && !etag.startsWith('W/');
  const matches = ifMatch === null || ifMatch === '*' || (strong && ifMatch.split(/,\s*/).includes(etag));
  return matches && (ifRange === null || (strong && ifRange === etag));
}
