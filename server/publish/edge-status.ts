const MISSED = ['miss', 'expired', 'bypass', 'dynamic', 'pass', 'nocache', 'nostore', 'fwd'];
const HIT = ['hit', 'stale', 'updating', 'revalidated'];

/**
 * Reads the cache status that common edges declare: `HIT`, `TCP_EXPIRED_MISS`, `RefreshHit from cloudfront`,
 * `edge; fwd=miss`.
 */
export function statusFromHeaders({ headers }: Pick<Response, 'headers'>): 'hit' | 'miss' | undefined {
  const plain = headers.get('cf-cache-status') ?? headers.get('x-cache-status') ?? headers.get('x-cache');
  // Of several caches, the last entry belongs to the nearest one.
  const nearest = (plain ?? headers.get('cache-status') ?? '').split(',').at(-1)!;
  // Remove the cache's name, which may contain `hit`. RFC 9211 puts it first; other headers put it after `from`.
  const said = plain === null ? nearest.slice(nearest.indexOf(';') + 1) : nearest.split(/\bfrom\b/i, 1)[0]!;
  const words = said
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/);
  if (words.some((word) => MISSED.includes(word))) return 'miss';
  return words.some((word) => HIT.includes(word)) ? 'hit' : undefined;
}
