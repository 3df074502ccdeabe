/** What the ledger holds against stored bytes: a rule, a version, or that nothing is known of them. */
export type LedgerClause =
  /** A purge covers the tile. */
  | 'purged'
  /** The layer, the partition or all tiles were cleared. */
  | 'cleared'
  /** An unsafe method has changed what its URL names (RFC 9111 section 4.4). */
  | 'forgotten'
  /** An invalidation marked it stale. */
  | 'marked-stale'
  /** It is of an earlier version than the one in force; `versionPolicy` says what may be done with it. */
  | 'version-changed'
  /** The origin labelled it with another version than the one in force: an edge lags. */
  | 'version-mismatch'
  /** It was fetched under another version's URL. */
  | 'other-token'
  /** It was fetched so soon after a change of version or a purge that an edge may have answered the old one; `settleTime`. */
  | 'settling'
  /** It was written under rules that are lost. */
  | 'ledger-lost';

/** The clause that decided how a request is answered, as `Server-Timing` names it; docs/http.md has the table. */
export type Clause =
  | LedgerClause
  /** RFC 9111 section 4.2: its freshness lifetime is longer than its age. */
  | 'fresh'
  /** `freshness: 'version'`: its version was confirmed within `maxAge`. */
  | 'version-confirmed'
  /** RFC 5861 section 3. */
  | 'stale-while-revalidate'
  /** `versionPolicy: 'serve-stale'`. */
  | 'other-version'
  /** The request allows a stale answer (RFC 9111 section 5.2.1.2; `force-cache`). */
  | 'max-stale'
  /** The network is thought to be dead, and what is stored may stand in (RFC 9111 section 4.2.4, RFC 5861 section 4). */
  | 'disconnected'
  /** Older than its lifetime and every window. */
  | 'expired'
  /** RFC 9111 section 5.2.2.4. */
  | 'no-cache'
  /** RFC 9111 section 5.2.2.2. */
  | 'must-revalidate'
  /** It varies on what a worker cannot see (RFC 9111 section 4.1). */
  | 'vary-unseen'
  /** The clock cannot tell how old it is. */
  | 'age-unknown'
  /** The request asks for validation, or for a younger one (RFC 9111 section 5.2.1). */
  | 'request'
  /** The request goes past the store. */
  | 'bypass'
  /** Nothing is stored for its key. */
  | 'uri-miss'
  /** What is stored was chosen for other request headers. */
  | 'vary-miss'
  /** The request takes a stored answer or none (RFC 9111 section 5.2.1.7). */
  | 'only-if-cached';
