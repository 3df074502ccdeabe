import type { Clause } from '../../src/shared/clauses';
import type { TileAddress } from '../../src/shared/tile-matcher';
import type { ClockSkew } from '../http/clock-skew';
import type { VaryEnvironment } from '../http/vary';
import type { Ledger } from '../ledger/ledger';
import type { Lookup } from '../lookup/lookup';
import type { Wanted } from '../lookup/wanted';
import type { Flights } from '../origin/flights';
import type { NetworkHealth } from '../origin/health';
import type { Patience, Wait } from '../origin/patience';
import type { TileOrigin } from '../origin/tile-origin';
import type { TileWriter } from '../origin/tile-writer';
import type { Pages } from '../pages/pages';
import type { MemoryTier } from '../store/memory-tier';
import type { StoredBytes } from '../store/stored-bytes';
import type { Patiently, Tile } from '../store/tile-store';
import type { Digest } from '../util/digest';
import type { Mismatches } from './mismatches';

/** One request for a tile. */
export interface TileRequest {
  request: Request;
  address: TileAddress;
  clientId?: string;
}

/** The tools that answering a request needs. */
export interface RequestTools {
  ledger: Ledger;
  lookup: Lookup;
  skew: ClockSkew;
  memory: MemoryTier;
  flights: Flights;
  /** Sends requests that are no exchange of ours: ranges, HEAD, unsafe methods, requests that bypass the store. */
  send: TileOrigin;
  writer: TileWriter;
  bytesOf: StoredBytes;
  /** Forgets this URL, because an unsafe method has changed its resource. Never rejects. */
  forget: (url: string, request: Request) => Promise<void>;
  health: NetworkHealth;
  patience: Patience;
  mismatches: Mismatches;
  pages: Pages;
  digest: Digest;
  env: VaryEnvironment;
  now: () => number;
  /** Resolves after a short random time, so that many background validations do not start at once. */
  jitter: () => Promise<void>;
  /** True for a host that the worker's own Content-Security-Policy forbids. Never rejects. */
  isForbidden: (url: string) => Promise<boolean>;
  /**
   * Resolves with true if a ledger existed here before, so that there may be rules that cannot be read. Never rejects.
   */
  hasTraces: () => Promise<boolean>;
  /** Notes that a tile was read, for least-recently-used eviction. */
  touched: (tile: Tile) => void;
  /**
   * Takes a turn after a rule has superseded an answer on its way. Call the returned function when there is an answer.
   */
  takeTurn: () => () => void;
  /** Resolves when all work begun behind answers is done. Never rejects. */
  settled: () => Promise<unknown>;
}

/** One request, from its arrival until all work for it is done. */
export interface Call extends TileRequest {
  /** Epoch milliseconds. */
  startedAt: number;
  /** The clause that decided at the last look at the store. */
  why?: Clause;
  /** The work behind the answer. */
  background: Promise<unknown>[];
  /** The page's wait; set once a usable tile is found in the store. */
  wait?: Wait;
  /** Set while this request has a turn (`takeTurn`). */
  endTurn?: () => void;
  /** True if the request went to the origin unchanged, and failed. */
  failed?: true;
}

/** A call whose wanted tile is known. */
export interface Task {
  readonly call: Call;
  readonly wanted: Wanted;
  /**
   * Set when another request's answer did not fit this one: the variant that this request selects by that answer's
   * fields, '' if the worker cannot tell.
   */
  apart?: string;
  /** True if this request has joined another's that failed, and has asked again. */
  retried: boolean;
  /** Set after the network has failed: the lookup then waits for a store that takes longer than usual. */
  patiently?: Patiently;
}

/** Keeps the worker alive for this work, whether it succeeds or fails. */
export function inBackground({ background }: Call, work: Promise<unknown> | undefined): void {
  if (work) background.push(work.catch(() => {}));
}

/** Returns this page's wait for the network, and begins it if needed. */
export function waitOf({ patience }: RequestTools, { call }: Task): Wait {
  return (call.wait ??= patience.begin(call.request.url, call.address.layer.patience));
}

/** Finishes the work behind the answer. Never rejects. */
export async function finish(call: Call, response: Promise<Response>, settled: () => Promise<unknown>): Promise<void> {
  await response.catch(() => {});
  call.endTurn?.();
  call.wait?.end();
  // Work behind the answer may begin more work.
  for (let at = 0; at < call.background.length; at += 1) await call.background[at];
  await settled();
}
