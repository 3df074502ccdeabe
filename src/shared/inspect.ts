import type { Clause } from './clauses';
import type { TraceEntry } from './inspect-trace';
import type { TileRange } from './range';
import type { TileId } from './tile';

/** The cache modes of the Fetch standard. */
export type CacheMode = 'default' | 'no-store' | 'reload' | 'no-cache' | 'force-cache' | 'only-if-cached';

/** How the request would be made; what a map library sends may select another variant. */
export interface InspectOptions {
  /** Fields that the request bears; they reach no result. @default {} */
  headers?: Record<string, string>;
  /** The request's cache mode. @default 'default' */
  cache?: CacheMode;
}

/** A tile by its place. */
export interface InspectTile {
  /** The layer's name in the worker. */
  layer: string;
  /** In XYZ numbering. */
  tile: TileId;
}

/** Why something is so: a token, where it is written, and a sentence. */
export interface Reason<Token extends string = Clause> {
  /** For programs; docs/http.md and docs/debugging.md list them. */
  token: Token;
  /** The section of the RFC that says so. */
  rfc?: string;
  /** The layer's option that says so, with its value. */
  option?: string;
  /** For people. */
  words: string;
}

/** Tokens beside those of `Clause`: the request never reaches a decision. */
export type InspectToken =
  | Clause
  /** No layer has this URL: the browser goes its own way. */
  | 'no-layer'
  /** The worker's storage does not answer: tiles come from the network. */
  | 'storage'
  /** The host is not allowed by the worker's Content-Security-Policy. */
  | 'csp'
  /** The tile's address cannot be known: no page asked for it, and no template says it. */
  | 'no-url';

/** What would be shown without a network. */
export type OfflineToken =
  /** The network is not asked, or its answer is not waited for. */
  | 'fresh'
  | 'version-confirmed'
  | 'stale-while-revalidate'
  | 'max-stale'
  | 'other-version'
  /** `stale-if-error` of the origin, the layer or the request is long enough. */
  | 'stale-if-error'
  /** No window is known, and the layer forbids nothing: RFC 9111 section 4.2.4. */
  | 'disconnected'
  /** `offline: 'always'`. */
  | 'offline-always'
  /** A region holds it. */
  | 'region'
  /** The layer's archive is kept as a whole. */
  | 'archive'
  /** Nothing usable is stored. */
  | 'nothing-stored'
  /** `no-cache` or `must-revalidate` of the origin. */
  | 'forbidden'
  /** Older than `stale-if-error` allows. */
  | 'too-old'
  /** It varies on what a worker cannot see. */
  | 'vary-unseen'
  /** The request goes past the store. */
  | 'bypass';

/** What is answered to a request. */
export type AnswerKind =
  /** From the store, fresh. */
  | 'hit'
  /** From the store, stale; the origin is asked behind it. */
  | 'stale'
  /** The origin is asked first, with what is stored in hand. */
  | 'validate'
  /** The origin is asked. */
  | 'fetch'
  /** 504. */
  | 'unsatisfiable'
  /** The worker leaves it to the browser, or hands it on. */
  | 'pass';

/** What is stored for a request. */
export interface StoredFacts {
  /** Status code; 0 for an opaque response. */
  status: number;
  /** Of the body, where that is known. */
  bytes: number | undefined;
  /** Content type. */
  type: string | undefined;
  /** Fields of the response that decide or help; none that may hold a secret. */
  headers: Record<string, string>;
  /** Seconds (RFC 9111 section 4.2.3). */
  age: number;
  /** Seconds that it was old already when it came, as `Age` and `Date` of its response say (RFC 9111 section 4.2.3). */
  ageOnArrival: number;
  /** False: the clock was set, and `age` is the least that it can be. */
  ageKnown: boolean;
  /** Seconds from its making until it is stale (RFC 9111 section 4.2.1). */
  lifetime: number;
  /** Where the lifetime comes from. */
  lifetimeFrom: 'max-age' | 'expires' | 'layer' | 'heuristic' | 'negative' | 'none';
  /** Seconds after the lifetime in which it is answered while it is validated. */
  staleWhileRevalidate: number;
  /** Seconds after the lifetime in which it stands in for a failed origin; undefined: nobody said. */
  staleIfError: number | undefined;
  /** Epoch milliseconds of its request, or of the last validation's. */
  requestAt: number;
  /** Epoch milliseconds of its response, or of the last validation's. */
  responseAt: number;
  /** The version that there is evidence for; '' for none. */
  version: string;
  /** The ledger's counter when it was asked for. */
  epoch: number;
  /** Written under the ledger that is in force. */
  ownLedger: boolean;
  /** Hash of the request fields that selected it; '' without Vary. */
  variant: string;
  /** The version after which its cache is named. */
  cache: string;
  /** Its key: layer and place, secrets hashed. */
  key: string;
  /** One entry of Cache Storage, or a pack of a region. */
  in: 'entry' | 'pack';
  /** Of the region that holds it. */
  region?: string;
  /** The worker's memory holds it, too. */
  memory: boolean;
  /** It says that there is no tile. */
  negative: boolean;
}

/** What the ledger says. */
export interface LedgerFacts {
  /** Its counter. */
  epoch: number;
  /** The layer's version in force. */
  version: string | undefined;
  /** Epoch milliseconds at which the manifest vouched for it. */
  confirmedAt: number | undefined;
  /** Seconds for which the confirmation keeps the tile fresh; undefined where that is not how it works. */
  confirmed: number | undefined;
  /** What it says of the stored tile. */
  verdict: 'none' | 'stale' | 'absent';
  /** Why. */
  by?: Reason;
  /** The rule that covers the tile. */
  rule?: RuleFacts;
}

/** A rule of the ledger. */
export interface RuleFacts {
  /** It covers what was asked for under a lower one. */
  epoch: number;
  /** What it makes of what it covers. */
  mode: 'purge' | 'stale' | 'version';
  /** Absent: the whole layer. */
  range?: TileRange;
}

/** What is known of the network of a layer. */
export interface NetworkFacts {
  /** The last exchanges failed, or the browser says that it is offline. */
  dead: boolean;
  /** Who switched it off: the page (`client.network`), for all tabs, or the inspector's panel, for this page. */
  off?: 'client' | 'inspector';
}

/** Result of `inspect`. */
export interface TileInspection {
  /** The layer's name; absent where no layer has the URL. */
  layer?: string;
  /** Absent for URLs without z/x/y. */
  tile?: TileId;
  /** What a key shows of the URL: no host, no secret. */
  key?: string;
  /** What would be answered now. */
  answer: {
    kind: AnswerKind;
    reason: Reason<InspectToken>;
    /** Seconds of freshness left. */
    ttl?: number;
    /** The origin is asked behind the answer. */
    validates?: boolean;
  };
  /** What would be answered if the network were dead. */
  offline: { shown: boolean; reason: Reason<OfflineToken> };
  /** Absent: nothing is stored that this request could be answered with. */
  stored?: StoredFacts;
  /** Labels of stored tiles of earlier versions that this layer does not show (`versionPolicy: 'discard'`). */
  older?: string[];
  /** Absent where storage is broken. */
  ledger?: LedgerFacts;
  /** What the last exchanges say of the layer's network. */
  network?: NetworkFacts;
  /** The last traced decision for it, while tracing is on. */
  last?: TraceEntry;
  /** All of it in sentences, the most important first. */
  words: string[];
}
