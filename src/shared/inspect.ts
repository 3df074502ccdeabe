import type { Clause } from './clauses';
import type { TraceEntry } from './inspect-trace';
import type { TileRange } from './range';
import type { TileId } from './tile';

/** The cache modes of the Fetch standard. */
export type CacheMode = 'default' | 'no-store' | 'reload' | 'no-cache' | 'force-cache' | 'only-if-cached';

/** Options of a simulated request. A map library's request headers may select another stored variant. */
export interface InspectOptions {
  /** Header fields of the request. No result repeats them. @default {} */
  headers?: Record<string, string>;
  /** The request's cache mode. @default 'default' */
  cache?: CacheMode;
}

/** A tile, identified by its layer and place. */
export interface InspectTile {
  /** The layer's name in the worker. */
  layer: string;
  /** The tile in XYZ numbering. */
  tile: TileId;
}

/** The reason for a decision: a token, its source, and a sentence. */
export interface Reason<Token extends string = Clause> {
  /** The reason for programs; docs/http.md and docs/debugging.md list the tokens. */
  token: Token;
  /** The RFC section that requires it. */
  rfc?: string;
  /** The layer's option that requires it, with its value. */
  option?: string;
  /** The reason for people. */
  words: string;
}

/** Tokens in addition to those of `Clause`, for requests that never reach a decision. */
export type InspectToken =
  | Clause
  /** No layer has this URL: the browser handles the request itself. */
  | 'no-layer'
  /** The worker's storage does not answer: tiles come from the network. */
  | 'storage'
  /** The worker's Content-Security-Policy does not allow the host. */
  | 'csp'
  /** The tile's URL is unknown: no page has requested it, and no template gives it. */
  | 'no-url';

/** Tokens for the answer that a page would get without a network. */
export type OfflineToken =
  /** The worker answers from the store, without asking the network or without waiting for it. */
  | 'fresh'
  | 'version-confirmed'
  | 'stale-while-revalidate'
  | 'max-stale'
  | 'other-version'
  /** `stale-if-error` of the origin, the layer or the request is long enough. */
  | 'stale-if-error'
  /** No time limit is set, and the layer does not forbid it: RFC 9111 section 4.2.4. */
  | 'disconnected'
  /** The layer's option `offline: 'always'` allows it. */
  | 'offline-always'
  /** A downloaded region contains the tile. */
  | 'region'
  /** The layer's whole archive is stored. */
  | 'archive'
  /** Nothing usable is stored. */
  | 'nothing-stored'
  /** The origin forbids it with `no-cache` or `must-revalidate`. */
  | 'forbidden'
  /** The stored response is older than `stale-if-error` allows. */
  | 'too-old'
  /** The response varies on a header that the worker cannot see. */
  | 'vary-unseen'
  /** The request bypasses the store. */
  | 'bypass';

/** How the worker answers a request. */
export type AnswerKind =
  /** From the store, with a fresh response. */
  | 'hit'
  /** From the store, with a stale response, which the worker revalidates in the background. */
  | 'stale'
  /** After a conditional request to the origin, which validates the stored response. */
  | 'validate'
  /** From the origin. */
  | 'fetch'
  /** With 504. */
  | 'unsatisfiable'
  /** Not at all: the worker leaves the request to the browser or passes it on. */
  | 'pass';

/** The stored response for a request. */
export interface StoredFacts {
  /** Status code; 0 for an opaque response. */
  status: number;
  /** Bytes of the body, if known. */
  bytes: number | undefined;
  /** The content type. */
  type: string | undefined;
  /**
   * Header fields of the response that affect the decision or help to understand it, without any that may hold a
   * secret.
   */
  headers: Record<string, string>;
  /** Age in seconds (RFC 9111 section 4.2.3). */
  age: number;
  /** Seconds of age that the response already had on arrival, by its `Age` and `Date` (RFC 9111 section 4.2.3). */
  ageOnArrival: number;
  /** `false` if the device's clock was set in the meantime: `age` is then a lower bound. */
  ageKnown: boolean;
  /** Freshness lifetime in seconds (RFC 9111 section 4.2.1). */
  lifetime: number;
  /** The source of the lifetime. */
  lifetimeFrom: 'max-age' | 'expires' | 'layer' | 'heuristic' | 'negative' | 'none';
  /** Seconds after the lifetime during which the worker serves the response while it revalidates it. */
  staleWhileRevalidate: number;
  /**
   * Seconds after the lifetime during which the response replaces a failed origin; `undefined` if nothing sets a limit.
   */
  staleIfError: number | undefined;
  /** Epoch milliseconds of the request, or of the last validation's request. */
  requestAt: number;
  /** Epoch milliseconds of the response, or of the last validation's response. */
  responseAt: number;
  /** The version that the response is known to have; '' if unknown. */
  version: string;
  /** The ledger's counter at the time of the request. */
  epoch: number;
  /** Whether the response was stored under the current ledger. */
  ownLedger: boolean;
  /** A hash of the request fields that `Vary` selects; '' without `Vary`. */
  variant: string;
  /** The version in the name of the response's cache. */
  cache: string;
  /** The response's key: layer and place, with secrets hashed. */
  key: string;
  /** Whether the response is an entry of Cache Storage, or part of a region's pack. */
  in: 'entry' | 'pack';
  /** The region that contains the response. */
  region?: string;
  /** Whether the worker's memory also holds the response. */
  memory: boolean;
  /** Whether the response says that there is no tile. */
  negative: boolean;
}

/** The ledger's record of a tile and its layer. */
export interface LedgerFacts {
  /** The ledger's counter. */
  epoch: number;
  /** The layer's version in force. */
  version: string | undefined;
  /** Epoch milliseconds at which a manifest last confirmed the version. */
  confirmedAt: number | undefined;
  /**
   * Seconds for which the confirmation keeps the tile fresh; `undefined` if the layer does not use
   * `freshness: 'version'`.
   */
  confirmed: number | undefined;
  /** The ledger's verdict on the stored tile. */
  verdict: 'none' | 'stale' | 'absent';
  /** The reason for the verdict. */
  by?: Reason;
  /** The rule that covers the tile. */
  rule?: RuleFacts;
}

/** A rule of the ledger. */
export interface RuleFacts {
  /** The rule covers responses that were requested under a lower counter. */
  epoch: number;
  /** The effect of the rule. */
  mode: 'purge' | 'stale' | 'version';
  /** The range that the rule covers. Absent: the whole layer. */
  range?: TileRange;
}

/** The state of a layer's network. */
export interface NetworkFacts {
  /** Whether the network counts as dead: the last requests failed, or the browser reports that it is offline. */
  dead: boolean;
  /**
   * The switch that turned the network off: the page's (`client.network`), for all tabs, or the inspector's, for this
   * page.
   */
  off?: 'client' | 'inspector';
}

/** Result of `inspect`. */
export interface TileInspection {
  /** The layer's name. Absent if no layer has the URL. */
  layer?: string;
  /** The tile. Absent for URLs without z/x/y. */
  tile?: TileId;
  /** The key of the URL in readable form, without host and secrets. */
  key?: string;
  /** The answer that the worker would give now. */
  answer: {
    kind: AnswerKind;
    reason: Reason<InspectToken>;
    /** Seconds of freshness left. */
    ttl?: number;
    /** Whether the worker would revalidate in the background. */
    validates?: boolean;
  };
  /** The answer that the worker would give if the network were dead. */
  offline: { shown: boolean; reason: Reason<OfflineToken> };
  /** The stored response. Absent: nothing is stored that can answer this request. */
  stored?: StoredFacts;
  /** Versions of stored tiles that this layer no longer shows (`versionPolicy: 'discard'`). */
  older?: string[];
  /** The ledger's record. Absent if storage is broken. */
  ledger?: LedgerFacts;
  /** The state of the layer's network, from its last requests. */
  network?: NetworkFacts;
  /** The last traced decision for the URL, while tracing is on. */
  last?: TraceEntry;
  /** The whole result in sentences, the most important first. */
  words: string[];
}
