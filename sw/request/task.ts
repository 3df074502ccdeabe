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

/** What answering a request takes. */
export interface RequestTools {
  ledger: Ledger;
  lookup: Lookup;
  skew: ClockSkew;
  memory: MemoryTier;
  flights: Flights;
  /** Where what is no exchange of ours goes: ranges, HEAD, unsafe methods, requests that bypass the store. */
  send: TileOrigin;
  writer: TileWriter;
  bytesOf: StoredBytes;
  /** An unsafe method has changed what this URL names. Never rejects. */
  forget: (url: string, request: Request) => Promise<void>;
  health: NetworkHealth;
  patience: Patience;
  mismatches: Mismatches;
  pages: Pages;
  digest: Digest;
  env: VaryEnvironment;
  now: () => number;
  /** Resolves after a short random time: many background validations do not start at once. */
  jitter: () => Promise<void>;
  /** True for a host that the worker's own Content-Security-Policy forbids. Never rejects. */
  isForbidden: (url: string) => Promise<boolean>;
  /** A ledger has lived here before, so that there may be rules which cannot be read. Never rejects. */
  hasTraces: () => Promise<boolean>;
  /** A tile was read: for least-recently-used. */
  touched: (tile: Tile) => void;
  /** A rule has superseded what was on its way; call what it returns when there is an answer. */
  takeTurn: () => () => void;
  /** Resolves when nothing that was begun behind answers is left to do. Never rejects. */
  settled: () => Promise<unknown>;
}

/** One request from its arrival until all that was begun for it is done. */
export interface Call extends TileRequest {
  startedAt: number;
  /** The clause that decided, as of the last look at the store. */
  why?: Clause;
  /** What goes on behind the answer. */
  background: Promise<unknown>[];
  /** Begun once something usable is stored. */
  wait?: Wait;
  endTurn?: () => void;
  /** It went to the origin as it is, in vain. */
  failed?: true;
}

/** A call of which it is known what it wants. */
export interface Task {
  readonly call: Call;
  readonly wanted: Wanted;
  /** Another's answer was not for this request: the variant that it selects by that answer's fields, '' where nobody can tell. */
  apart?: string;
  /** Another's request failed; this one has asked again. */
  retried: boolean;
  /** The network has failed: a store that takes longer than usual is waited for. */
  patiently?: Patiently;
}

/** Work that the worker is kept alive for, whatever becomes of it. */
export function inBackground({ background }: Call, work: Promise<unknown> | undefined): void {
  if (work) background.push(work.catch(() => {}));
}

/** How long this page still waits for the network. */
export function waitOf({ patience }: RequestTools, { call }: Task): Wait {
  return (call.wait ??= patience.begin(call.request.url, call.address.layer.patience));
}

/** After the answer. Never rejects. */
export async function finish(call: Call, response: Promise<Response>, settled: () => Promise<unknown>): Promise<void> {
  await response.catch(() => {});
  call.endTurn?.();
  call.wait?.end();
  // What is done behind the answer may begin more.
  for (let at = 0; at < call.background.length; at += 1) await call.background[at];
  await settled();
}
