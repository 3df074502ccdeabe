import type { TileIndex } from '../index/tile-index';
import type { Ledger } from '../ledger/ledger';
import type { ForbiddenHosts } from '../origin/forbidden-hosts';

/** What surrounds the cache: the worker's globals, or a test's stand-ins. */
export interface Surroundings {
  scope: string;
  origin: string;
  fetch: (request: Request) => Promise<Response>;
  caches: CacheStorage;
  clients: Pick<Clients, 'matchAll'> & Partial<Pick<Clients, 'get'>>;
  subtle: Pick<SubtleCrypto, 'digest'>;
  languages: readonly string[];
  userAgent: string;
  /** The user has asked for less data. @default false */
  saveData?: () => boolean;
  now: () => number;
  /** Milliseconds of a timer that nobody sets. @default `now` */
  monotonic?: () => number;
  random: () => number;
  setTimeout: (callback: () => void, ms: number) => unknown;
  clearTimeout: (timer: never) => void;
  /** The connection costs by the byte, as far as the browser tells. @default false */
  metered?: () => boolean;
  /** False when the browser knows that it is offline. */
  onLine?: () => boolean | undefined;
  /** Calls back for each violation of the worker's own Content-Security-Policy. */
  onViolation?: (listener: ForbiddenHosts['note']) => void;
  /** The protocol that was last spoken with a host (`http/1.1`, `h2`), where the browser tells. */
  protocolOf?: (origin: string) => string | undefined;
  estimate: () => Promise<StorageEstimate | undefined>;
  persisted: () => Promise<boolean | undefined>;
  ledger?: Ledger;
  index?: TileIndex;
}
