/** Options of a rate limit with one token bucket for each key. */
export interface RateLimitOptions {
  /** Requests that a key may make at once. */
  burst: number;
  /** Requests that a key may make per second in the long run. */
  perSecond: number;
  /** Keys remembered; the limit forgets the key that has been idle longest. @default 10000 */
  maxKeys?: number;
}

/** Returns the seconds until the key may make its next request; 0 if it may make one now, which is then counted. */
export type RateLimit = (key: string) => number;

/** Creates a rate limit by key, in bounded memory. */
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

/** Creates a function that remembers the last `max` ids and returns whether it has seen an id before. */
export function createSeen(max: number): (id: string) => boolean {
  const ids = new Set<string>();
  return (id) => {
    if (ids.has(id)) return true;
    ids.add(id);
    if (ids.size > max) ids.delete(ids.keys().next().value!);
    return false;
  };
}
