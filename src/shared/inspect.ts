import type { Clause } from './clauses';
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
  network?: { dead: boolean };
  /** The last traced decision for it, while tracing is on. */
  last?: TraceEntry;
  /** All of it in sentences, the most important first. */
  words: string[];
}

/** Which stored tiles `entries` lists. */
export interface EntriesQuery {
  /** The layer's name in the worker. @default all */
  layer?: string;
  /** Only this zoom. @default all */
  zoom?: number;
  /** Only tiles whose age is at least so many seconds. @default all */
  older?: number;
  /** Tiles at most, 1 to 1000. @default 100 */
  limit?: number;
  /** Where the page before has ended. @default the beginning */
  cursor?: string;
}

/** One stored tile of a list. */
export interface StoredEntry {
  /** The layer's name in the worker. */
  layer: string;
  /** Absent for URLs without z/x/y. */
  tile?: TileId;
  /** What a key shows: no secret. */
  key: string;
  /** Of body and headers. */
  bytes: number;
  /** Epoch milliseconds of the last noted use. */
  usedAt: number;
  /** The version after which its cache is named. */
  cache: string;
  /** Seconds (RFC 9111 section 4.2.3). */
  age: number;
  /** Status code; 0 for an opaque response. */
  status: number;
  /** Content type. */
  type: string | undefined;
  /** The version that there is evidence for; '' for none. */
  version: string;
  /** Of the region that holds it; others lie each in an entry of its own. */
  region?: string;
}

/** One page of a list. A page may hold fewer tiles than its limit, even none, and yet not be the last one. */
export interface EntriesPage {
  /** In the order of their caches' names and keys. */
  entries: StoredEntry[];
  /** Absent: this was the last page. */
  cursor?: string;
}

/** Which decisions `trace` gives. */
export interface TraceQuery {
  /** Only of this layer. @default all */
  layer?: string;
  /** Decisions at most, 1 to 500, the newest. @default 100 */
  limit?: number;
  /** Only those after this number: what was seen already is not told again. @default 0 */
  after?: number;
  /** False ends tracing; anything else begins it, or lets it go on. @default true */
  on?: boolean;
}

/** A step on a request's way. */
export interface TraceStep {
  /** Where the request was. */
  step: 'route' | 'ledger' | 'store' | 'decision' | 'flight' | 'network' | 'write' | 'answer';
  /** Milliseconds since the request arrived. */
  at: number;
  /** One word or two of what came of it. */
  what: string;
}

/** One decision and how it came about. */
export interface TraceEntry {
  /** Grows with each. */
  number: number;
  /** Epoch milliseconds. */
  startedAt: number;
  /** The layer's name in the worker. */
  layer: string;
  /** Absent for URLs without z/x/y. */
  tile?: TileId;
  /** What a key shows of the URL: no host, no secret. */
  key: string;
  /** The request's method. */
  method: string;
  /** The clause that decided. */
  why: Clause | undefined;
  /** How it was answered; undefined while it is on its way. */
  status: string | undefined;
  /** Status code. */
  code: number | undefined;
  /**
   * Why what came from the origin was not stored; absent where it was, or where nothing came. `not-written`: it was
   * superseded meanwhile, or the store is full, busy or broken.
   */
  unstored?: string;
  /** In the order of time. */
  steps: TraceStep[];
}

/** Result of `trace`. */
export interface Trace {
  /** Epoch milliseconds at which the worker began to keep decisions. */
  since: number;
  /** Oldest first. */
  entries: TraceEntry[];
}

/** What the worker knows of all its layers. */
export interface InspectorOverview {
  /** The ledger's counter; undefined where storage is broken. */
  epoch: number | undefined;
  /** By name. */
  layers: Array<{
    layer: string;
    version: string | undefined;
    revision: number | undefined;
    confirmedAt: number | undefined;
    /** Versions whose tiles are kept as a fall-back. */
    kept: string[];
    rules: RuleFacts[];
    tiles: number;
    bytes: number;
    /** The layer's network is thought to be dead. */
    dead: boolean;
  }>;
  /** Bytes used in the whole origin, where the browser tells. */
  usage: number | undefined;
  /** Bytes that the browser allows the origin, where it tells. */
  quota: number | undefined;
  /** The browser has promised to keep what is stored; undefined where it does not tell. */
  persisted: boolean | undefined;
  /** What this page has asked to be simulated. */
  simulated: { offline: boolean; delay: number };
}

/** Stored tiles of a layer by zoom; as far as was counted. */
export interface ZoomCounts {
  /** Tiles and bytes; `other`: URLs without z/x/y. */
  zooms: Record<string, { tiles: number; bytes: number }>;
  /** Absent: all were counted. */
  cursor?: string;
}

/** What else the panel asks, and what it is answered. */
export interface InspectorAnswers {
  /** Layers, rules, quota. */
  overview: InspectorOverview;
  /** Stored tiles of a layer by zoom. */
  zooms: ZoomCounts;
  /** What is simulated from now on. */
  simulate: { offline: boolean; delay: number };
}

/** What a page asks of the inspector. */
export type InspectCommand =
  | ({ action: 'inspect'; url: string } & InspectOptions)
  | ({ action: 'inspect' } & InspectTile & InspectOptions)
  | ({ action: 'entries' } & EntriesQuery)
  | { action: 'zooms'; layer?: string; cursor?: string }
  | ({ action: 'trace' } & TraceQuery)
  | { action: 'overview' }
  | { action: 'simulate'; offline?: boolean; delay?: number };
