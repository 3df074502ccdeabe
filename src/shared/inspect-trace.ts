import type { Clause } from './clauses';
import type { TileId } from './tile';

/** Selects the decisions that `trace` returns. */
export interface TraceQuery {
  /** Returns only decisions of this layer. @default all */
  layer?: string;
  /** Maximum number of decisions, from 1 to 500; the newest are returned. @default 100 */
  limit?: number;
  /** Returns only decisions after this number, to skip those seen before. @default 0 */
  after?: number;
  /** `false` ends tracing; any other value starts or continues it. @default true */
  on?: boolean;
}

/** A step in the handling of a request. */
export interface TraceStep {
  /** The part of the worker that handled the request. */
  step: 'route' | 'ledger' | 'store' | 'decision' | 'flight' | 'network' | 'write' | 'answer';
  /** Milliseconds since the request arrived. */
  at: number;
  /** The outcome of the step, in one or two words. */
  what: string;
}

/** A traced decision and the steps that led to it. */
export interface TraceEntry {
  /** The decision's number, which grows with each. */
  number: number;
  /** Epoch milliseconds at which the request arrived. */
  startedAt: number;
  /** The layer's name in the worker. */
  layer: string;
  /** The tile. Absent for URLs without z/x/y. */
  tile?: TileId;
  /** The key of the URL in readable form, without host and secrets. */
  key: string;
  /** The request's method. */
  method: string;
  /** The clause that decided. */
  why: Clause | undefined;
  /** How the worker answered; `undefined` while the request is in progress. */
  status: string | undefined;
  /** Status code. */
  code: number | undefined;
  /**
   * The reason for not storing the origin's response; absent if it was stored, or if there was none. `not-written`: the
   * response was superseded in the meantime, or the store is full, busy or broken.
   */
  unstored?: string;
  /** The steps, in the order of time. */
  steps: TraceStep[];
}

/** Result of `trace`. */
export interface Trace {
  /** Epoch milliseconds at which the worker began to trace. */
  since: number;
  /** The decisions, oldest first. */
  entries: TraceEntry[];
}
