/** Understands what the usual edges say of a response. */
export function statusFromHeaders({ headers }: Response): 'hit' | 'miss' | undefined {
  const value =
    headers.get('cf-cache-status') ??
    headers.get('x-cache-status') ??
    headers.get('x-cache') ??
    headers.get('cache-status');
  if (value === null) return undefined;
  // Of several caches the last word is the nearest one's.
  const nearest = value.split(',').at(-1) ?? '';
  if (/\b(miss|expired|bypass|dynamic|fwd)\b/i.test(nearest)) return 'miss';
  return /\b(hit|stale|updating|revalidated)\b/i.test(nearest) ? 'hit' : undefined;
}
