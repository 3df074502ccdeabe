/** A part of a file, both ends included. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * Returns the requested range (RFC 9110 section 14). Returns `undefined` if the whole file is to be sent: for several
 * ranges, an invalid range, or an `If-Range` that does not name the strong tag (section 13.1.5).
 */
export function readRange(headers: Headers, length: number, etag: string): ByteRange | 'unsatisfiable' | undefined {
  const [, from = '', to = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(headers.get('range') ?? '') ?? [];
  if (from === '' && to === '') return undefined;
  const condition = headers.get('if-range');
  if (condition !== null && (condition !== etag || etag.startsWith('W/'))) return undefined;
  const start = from === '' ? Math.max(0, length - Number(to)) : Number(from);
  const end = from === '' || to === '' ? length - 1 : Math.min(Number(to), length - 1);
  if (from !== '' && to !== '' && Number(to) < start) return undefined;
  return start > end ? 'unsatisfiable' : { start, end };
}
