import type { ClockSkew } from '../http/clock-skew';
import type { StoredBytes } from '../store/stored-bytes';
import type { Tile } from '../store/tile-store';
import type { Timers } from '../util/deadline';
import type { ExchangePlan } from './exchange-plan';
import type { NetworkHealth } from './health';
import type { Keeping } from './keeping';
import type { Network } from './network';
import type { Patience } from './patience';
import type { Head } from './response-body';
import type { Unwanted } from './unwanted';

export interface AskTools {
  network: Network;
  health: NetworkHealth;
  patience: Pick<Patience, 'answered'>;
  bytesOf: StoredBytes;
  /** A body has come and is no tile; why. */
  onRefused: (plan: ExchangePlan, reason: string) => void;
  now: () => number;
  skew: ClockSkew;
  timers: Timers;
}

/** What one exchange holds while it asks. */
export interface Asking extends AskTools {
  plan: ExchangePlan;
  keeping: Keeping;
  watch: Unwanted;
  controller: AbortController;
  /** The head is there, for the page to read on. */
  tellHead: (head: Head) => void;
}

/** An answer whose head has come. */
export interface Answer {
  response: Response;
  /** What the head says of the tile; the body is still to be read. */
  tile: Tile;
}
