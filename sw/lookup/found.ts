import type { LedgerState } from '../ledger/state';
import type { Verdict } from '../ledger/verdict';
import type { Tile } from '../store/tile-store';
import type { Place } from './places';

/** A stored tile and the ledger's verdict on it. */
export interface Judged {
  tile: Tile;
  verdict: Verdict;
}

/** The stored tiles for a request, judged by the ledger's state after the read. */
export interface Found {
  state: LedgerState;
  /** The layer's current cache. */
  cacheName: string;
  /** The place in which the worker stores the answer to this request. */
  place: Place;
  stored: Judged | undefined;
  /** The first variant of the key in its place. */
  primary: Tile | undefined;
  otherVariants: boolean;
  /** The tile varies on a field that a worker cannot see, or its rules are lost: never use it without validation. */
  unsureVariant: boolean;
  /** The store could not be read, so its contents are unknown. */
  broken: boolean;
}
