/** A stored response without its body (RFC 9111 section 3): the properties that decide how it may be used. */
export interface StoredResponse {
  /** 0 for an opaque response. */
  status: number;
  /** The origin's own headers, without those that the store adds. */
  headers: Headers;
  /** Epoch milliseconds at which the worker sent the request, or that of the last validation. */
  requestAt: number;
  /** Epoch milliseconds at which the response, or that of the last validation, arrived. */
  responseAt: number;
  /**
   * Milliseconds by which this device's clock was then ahead of the origin's, if proven; negative: behind. @default 0
   */
  clockAhead?: number;
  /** Milliseconds by which the tile is older than the clock says, because the clock was set back since. @default 0 */
  lateBy?: number;
  /** The final URL after redirects, if it differs from the requested one. */
  url?: string;
  /**
   * A region holds the tile. If nothing else is available, the worker shows it however stale, unless the layer or the
   * origin forbids that.
   */
  kept?: true;
}
