import type { TileAddress } from '../../src/shared/tile-matcher';
import type { LedgerState } from '../ledger/ledger';
import type { Subject } from '../ledger/verdict';
import type { HttpCacheMode } from '../policy/http-cache-mode';
import type { Tile } from '../store/tile-store';

/** What an exchange needs to know when it starts. */
export interface ExchangePlan {
  request: Request;
  address: TileAddress;
  subject: Subject;
  /** The ledger when the request was sent: its id and epoch go with the bytes. */
  state: LedgerState;
  cacheName: string;
  /** Opened before the request is sent, so that a put after a purge vanishes with the deleted cache. */
  cache: Promise<Cache | undefined>;
  key: string;
  /** Stored tiles whose validators are sent; the first of them is what the page would get otherwise. */
  candidates: Tile[];
  /** The first variant of this key in the cache, whatever it is. */
  primary: Tile | undefined;
  /** What the HTTP cache beneath may do. */
  cacheMode: HttpCacheMode;
  /** What is stored is not named to the origin: the HTTP cache beneath may answer. */
  unconditional?: boolean;
  /** The request forbids storing. */
  noStore: boolean;
  urgency: () => number | undefined;
  /** The body may go to the page as it comes. */
  stream: boolean;
}
