import type { LedgerState } from '../ledger/state';
import type { Verdict } from '../ledger/verdict';
import type { Tile } from '../store/tile-store';
import type { Place } from './places';

/** A stored tile and what the ledger says of it. */
export interface Judged {
  tile: Tile;
  verdict: Verdict;
}

/** What is stored for a request, judged by the ledger as it stands after the read. */
export interface Found {
  state: LedgerState;
  /** The layer's current cache. */
  cacheName: string;
  /** Where an answer to this request is stored. */
  place: Place;
  stored: Judged | undefined;
  /** The first variant of the key in its place. */
  primary: Tile | undefined;
  otherVariants: boolean;
  /** It varies on what a worker cannot see, or was written under rules that are lost: never used unvalidated. */
  unsureVariant: boolean;
  /** The store could not be read: what it holds, nobody knows. */
  broken: boolean;
}
