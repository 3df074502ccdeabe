/** Milliseconds, from the value of `Retry-After`: seconds or a date (RFC 9110 section 10.2.3); undefined for anything else. */
export function parseRetryAfter(value: string | null, now: number): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  // `-5` and `1.5` are days of May and January to `Date.parse`.
  const at = /[a-z]{3}/i.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** As headers say; at most an hour. */
export function retryAfter(headers: Headers, now: number): number | undefined {
  const ms = parseRetryAfter(headers.get('retry-after'), now);
  return ms === undefined ? undefined : Math.min(ms, 3_600_000);
}
