import { entityTag, isStrongDate, strongMatch } from './entity-tags';
import type { StoredResponse } from './stored-response';

/** The answer to a Range from a complete stored body. `ignore`: send the whole body. `end` is inclusive. */
export type RangeAnswer =
  | { kind: 'ignore' }
  | { kind: 'partial'; status: 206; start: number; end: number; headers: Headers }
  | { kind: 'unsatisfiable'; status: 416; headers: Headers };

const IGNORE: RangeAnswer = { kind: 'ignore' };

/**
 * Answers a Range from a complete stored response (RFC 9110 section 14.2). It serves a single range of bytes. It
 * ignores several ranges, other units and malformed ranges, and any Range if If-Range does not hold (section 13.1.5).
 * It also ignores ranges of an encoded representation, because the stored body is decoded.
 */
export function answerRange(
  range: string | null,
  ifRange: string | null,
  stored: Pick<StoredResponse, 'status' | 'headers' | 'responseAt'>,
  length: number,
): RangeAnswer {
  const { headers, status } = stored;
  const match = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(range ?? '');
  if (!match || status !== 200 || headers.has('content-encoding')) return IGNORE;
  const [first, last] = [match[1]!, match[2]!];
  if (!first && !last) return IGNORE;
  if (ifRange !== null && !ifRangeHolds(ifRange, stored)) return IGNORE;
  const start = first ? Number(first) : Math.max(0, length - Number(last));
  const end = first && last ? Number(last) : length - 1;
  if (first && last && end < start) return IGNORE;
  if (start >= length)
    return { kind: 'unsatisfiable', status: 416, headers: new Headers({ 'Content-Range': `bytes */${length}` }) };
  const until = Math.min(end, length - 1);
  const partial = new Headers(headers);
  partial.set('Content-Range', `bytes ${start}-${until}/${length}`);
  partial.set('Content-Length', `${until - start + 1}`);
  return { kind: 'partial', status: 206, start, end: until, headers: partial };
}

/** A tag must match strongly. A date must match exactly and be a strong validator (section 13.1.5). */
function ifRangeHolds(ifRange: string, stored: Pick<StoredResponse, 'headers' | 'responseAt'>): boolean {
  const value = ifRange.trim();
  return value.includes('"')
    ? strongMatch(entityTag(stored.headers), value)
    : value === stored.headers.get('last-modified') && isStrongDate(stored);
}
