import type { ClockSkew } from '../http/clock-skew';
import type { StoredBytes } from '../store/stored-bytes';
import type { Tile } from '../store/tile-store';
import type { Timers } from '../util/deadline';
import type { CorsHosts } from './cors-hosts';
import type { Labels } from './evidence';
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
  /** Called with the reason when a body has come that is no tile. */
  onRefused: (plan: ExchangePlan, reason: string) => void;
  labels: Labels;
  withdrawn: CorsHosts['withdrawn'];
  now: () => number;
  skew: ClockSkew;
  timers: Timers;
}

/** The state of one exchange while it asks. */
export interface Asking extends AskTools {
  plan: ExchangePlan;
  keeping: Keeping;
  watch: Unwanted;
  controller: AbortController;
  /** Passes the head on, so that the page can read the body. */
  tellHead: (head: Head) => void;
}

/** An answer whose head has come. */
export interface Answer {
  response: Response;
  /** The tile as the head describes it, with its body unread. */
  tile: Tile;
}
