/** The ledger's objection to a stored response: a rule, a version, or a lost record. */
export type LedgerClause =
  /** A purge covers the tile. */
  | 'purged'
  /** The layer, the partition or all tiles were cleared. */
  | 'cleared'
  /** A request with an unsafe method changed the resource (RFC 9111 section 4.4). */
  | 'forgotten'
  /** An invalidation marked the tile as stale. */
  | 'marked-stale'
  /** The tile is of an earlier version than the one in force; `versionPolicy` decides how it may be used. */
  | 'version-changed'
  /** The origin labelled the tile with another version than the one in force: an edge lags behind. */
  | 'version-mismatch'
  /** The tile was fetched under the URL of another version. */
  | 'other-token'
  /**
   * The tile was fetched so soon after a version change or a purge that an edge may have answered with the old tile;
   * see `settleTime`.
   */
  | 'settling'
  /** The ledger that was in force when the tile was stored is lost. */
  | 'ledger-lost';

/** The clause that decided how the worker answered a request, as `Server-Timing` names it; docs/http.md lists them. */
export type Clause =
  | LedgerClause
  /** The stored response is younger than its freshness lifetime (RFC 9111 section 4.2). */
  | 'fresh'
  /** `freshness: 'version'`: the tile's version was confirmed within `maxAge`. */
  | 'version-confirmed'
  /** The stored response is stale, but within its stale-while-revalidate window (RFC 5861 section 3). */
  | 'stale-while-revalidate'
  /** `versionPolicy: 'serve-stale'` allows a tile of another version. */
  | 'other-version'
  /** The request allows a stale response (RFC 9111 section 5.2.1.2; `force-cache`). */
  | 'max-stale'
  /**
   * The network counts as dead, and the stored response may replace the origin's (RFC 9111 section 4.2.4, RFC 5861
   * section 4).
   */
  | 'disconnected'
  /** The stored response is older than its lifetime and every window after it. */
  | 'expired'
  /** The response bears `no-cache` (RFC 9111 section 5.2.2.4). */
  | 'no-cache'
  /** The response bears `must-revalidate` (RFC 9111 section 5.2.2.2). */
  | 'must-revalidate'
  /** The response varies on a header that a worker cannot see (RFC 9111 section 4.1). */
  | 'vary-unseen'
  /** The age of the response is unknown, because the device's clock was set. */
  | 'age-unknown'
  /** The request demands validation, or a younger response (RFC 9111 section 5.2.1). */
  | 'request'
  /** The request bypasses the store. */
  | 'bypass'
  /** Nothing is stored for the request's key. */
  | 'uri-miss'
  /** The stored responses were selected by other request headers. */
  | 'vary-miss'
  /** The request accepts only a stored response (RFC 9111 section 5.2.1.7). */
  | 'only-if-cached';
