declare module 'http-cache-semantics' {
  interface Message {
    headers: Record<string, string>;
    url?: string;
    method?: string;
    status?: number;
  }
  /** The part of the type that the comparison needs. */
  export default class CachePolicy {
    constructor(request: Message, response: Message, options?: { shared?: boolean; immutableMinTimeToLive?: number });
    storable(): boolean;
    stale(): boolean;
    /** Seconds. */
    age(): number;
    /** Seconds. */
    maxAge(): number;
    satisfiesWithoutRevalidation(request: Message): boolean;
    useStaleWhileRevalidate(): boolean;
  }
}
