/**
 * Returns the milliseconds that a `Retry-After` value asks for, as seconds or as a date (RFC 9110 section 10.2.3).
 * Returns `undefined` for anything else.
 */
export function parseRetryAfter(value: string | null, now: number): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  // Require a month's name: `Date.parse` takes `-5` and `1.5` for days of May and January.
  const at = /[a-z]{3}/i.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** Returns the milliseconds that the headers ask for, at most an hour. */
export function retryAfter(headers: Headers, now: number): number | undefined {
  const ms = parseRetryAfter(headers.get('retry-after'), now);
  return ms === undefined ? undefined : Math.min(ms, 3_600_000);
}
