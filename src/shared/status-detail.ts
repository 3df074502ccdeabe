/** The values of `detail` in `Cache-Status`; docs/http.md explains each. */
export type StatusDetail =
  /** The origin is slow. The worker answered with the stored tile, and the request continues. */
  | 'patience'
  /** The layer's `timeout` has passed, before the response or without a further byte of its body. */
  | 'timeout'
  /** The request failed. */
  | 'network'
  /** The connection ended before the body was complete. */
  | 'cut off'
  /** The page aborted the request. */
  | 'aborted'
  /** No page waited for the tile any more, and other requests needed its slot. */
  | 'dropped'
  /** The worker's own Content-Security-Policy does not allow the host. */
  | 'forbidden'
  /** The origin answered with an error, and the stored tile replaced it (RFC 5861 section 4). */
  | 'stale-if-error'
  /** The layer's network counts as dead (RFC 9111 section 4.2.4). */
  | 'disconnected'
  /** Cache Storage or the ledger does not answer. */
  | 'storage'
  /** The worker itself failed. */
  | 'error'
  /** New rules kept arriving while the tile was on its way. */
  | 'superseded'
  /** The request accepts only a stored response (RFC 9111 section 5.2.1.7). */
  | 'only-if-cached'
  /** The origin labels the tile with another version than the one in force. */
  | 'versionmismatch'
  /** An enlarged part of a tile of a lower zoom. */
  | 'placeholder'
  /** The origin answered 304 to an unconditional request. */
  | 'unasked 304'
  /** A hit because the tile's version was confirmed; its lifetime alone would not allow it. */
  | 'version-confirmed'
  /** A hit that `versionPolicy: 'serve-stale'` allows. */
  | 'other-version'
  /** A hit that the request's `max-stale` allows (RFC 9111 section 5.2.1.2). */
  | 'max-stale';

/** Why a body is not a tile; docs/http.md explains each. */
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
