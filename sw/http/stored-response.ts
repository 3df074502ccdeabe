/** A stored response (RFC 9111 section 3): the body is elsewhere, these decide what it may be used for. */
export interface StoredResponse {
  /** 0 for an opaque response. */
  status: number;
  /** The origin's own headers, without what the store adds. */
  headers: Headers;
  /** Epoch milliseconds at which its request, or the last validation's, was sent. */
  requestAt: number;
  /** Epoch milliseconds at which its response, or the last validation's, arrived. */
  responseAt: number;
  /** Milliseconds by which this device's clock was ahead of the origin's then, where that was proven; negative: behind. */
  clockAhead?: number;
  /** Milliseconds by which it is older than the clock says, as the clock was set back since. */
  lateBy?: number;
  /** The URL it came from in the end, where that differs from the one asked for. */
  url?: string;
  /** A region holds it: while nothing else can be had it is shown however stale, unless its layer or the origin forbid that. */
  kept?: true;
}
