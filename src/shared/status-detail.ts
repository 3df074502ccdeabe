/** What `detail` of `Cache-Status` says of an answer; docs/http.md has the table. */
export type StatusDetail =
  /** The origin is slow: what is stored stands in, and the request goes on. */
  | 'patience'
  /** The layer's `timeout` is over, or nothing more of the body came for as long. */
  | 'timeout'
  /** The request failed. */
  | 'network'
  /** The connection ended before the body did. */
  | 'cut off'
  /** The page has given the request up. */
  | 'aborted'
  /** Nobody waited for it any more, and others needed its place. */
  | 'dropped'
  /** The worker's own Content-Security-Policy does not allow the host. */
  | 'forbidden'
  /** The origin answered an error, and what is stored may stand in (RFC 5861 section 4). */
  | 'stale-if-error'
  /** The layer's network is thought to be dead (RFC 9111 section 4.2.4). */
  | 'disconnected'
  /** Cache Storage or the ledger does not answer. */
  | 'storage'
  /** The worker itself failed. */
  | 'error'
  /** One rule after another has come while the tile was on its way. */
  | 'superseded'
  /** The request takes a stored answer or none (RFC 9111 section 5.2.1.7). */
  | 'only-if-cached'
  /** The origin labels the tile with another version than the one in force. */
  | 'versionmismatch'
  /** A piece of a tile of a lower zoom, enlarged. */
  | 'placeholder'
  /** The origin answered 304 to a request without a condition. */
  | 'unasked 304'
  /** A hit that its version allows, not its lifetime. */
  | 'version-confirmed'
  /** A hit that `versionPolicy: 'serve-stale'` allows. */
  | 'other-version'
  /** A hit that the request allows (RFC 9111 section 5.2.1.2). */
  | 'max-stale';

/** Why a body is no tile, in words; docs/http.md lists them. */
export type Refusal =
  | 'cut'
  | 'empty'
  | 'HTML'
  | 'integrity'
  | 'nothing but zeros'
  | 'text before an image'
  | 'no MVT'
  | `cut ${string}`
  | `content type ${string}`
  | `an error in ${string}`
  | `${string} in place of ${string}`;
