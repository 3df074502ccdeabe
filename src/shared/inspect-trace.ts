import type { Clause } from './clauses';
import type { TileId } from './tile';

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
