/** Options of a rate limit: a bucket a key that refills by itself. */
export interface RateLimitOptions {
  /** Requests a key may make at once. */
  burst: number;
  /** Requests a second in the long run. */
  perSecond: number;
  /** Keys remembered; the one idle longest is forgotten first. @default 10000 */
  maxKeys?: number;
}

/** Seconds to wait before the key may come again; 0: it may now, and this was counted. */
export type RateLimit = (key: string) => number;

/** Limits by key in bounded memory. */
export function createRateLimit(
  { burst, perSecond, maxKeys = 10_000 }: RateLimitOptions,
  now: () => number,
): RateLimit {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return (key) => {
    const at = now();
    const held = buckets.get(key);
    const elapsed = held ? Math.max(0, at - held.at) / 1000 : 0;
    const tokens = held ? Math.min(burst, held.tokens + elapsed * perSecond) : burst;
    const allowed = tokens >= 1;
    // Taken out and put back: the map's order is the order of last use.
    buckets.delete(key);
    buckets.set(key, { tokens: allowed ? tokens - 1 : tokens, at });
    if (buckets.size > maxKeys) buckets.delete(buckets.keys().next().value!);
    return allowed ? 0 : (1 - tokens) / perSecond;
  };
}

/** Remembers the last `max` ids; true for one that was seen. */
export function createSeen(max: number): (id: string) => boolean {
  const ids = new Set<string>();
  return (id) => {
    if (ids.has(id)) return true;
    ids.add(id);
    if (ids.size > max) ids.delete(ids.keys().next().value!);
    return false;
  };
}
