import { entityTag, isStrongDate, strongMatch } from './entity-tags';
import type { StoredResponse } from './stored-response';

/** How a Range is answered from a whole stored body; `ignore`: with the whole. `end` is inclusive. */
export type RangeAnswer =
  | { kind: 'ignore' }
  | { kind: 'partial'; status: 206; start: number; end: number; headers: Headers }
  | { kind: 'unsatisfiable'; status: 416; headers: Headers };

const IGNORE: RangeAnswer = { kind: 'ignore' };

/**
 * Answers a Range from a complete stored response (RFC 9110 section 14.2). One range of bytes is served; several, other
 * units and ill-formed ones are ignored, as is any Range when If-Range does not hold (section 13.1.5).
 * A stored body is decoded, so ranges of an encoded representation are ignored too.
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

/** A tag has to match strongly, a date to the letter and only where it is a strong validator (section 13.1.5). */
function ifRangeHolds(ifRange: string, stored: Pick<StoredResponse, 'headers' | 'responseAt'>): boolean {
  const value = ifRange.trim();
  return value.includes('"')
    ? strongMatch(entityTag(stored.headers), value)
    : value === stored.headers.get('last-modified') && isStrongDate(stored);
}
