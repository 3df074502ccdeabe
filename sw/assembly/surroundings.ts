import type { TileIndex } from '../index/tile-index';
import type { Ledger } from '../ledger/ledger';
import type { ForbiddenHosts } from '../origin/forbidden-hosts';

/** The environment of the cache: the worker's globals, or a test's fakes. */
export interface Surroundings {
  scope: string;
  origin: string;
  fetch: (request: Request) => Promise<Response>;
  caches: CacheStorage;
  clients: Pick<Clients, 'matchAll'> & Partial<Pick<Clients, 'get'>>;
  subtle: Pick<SubtleCrypto, 'digest'>;
  languages: readonly string[];
  userAgent: string;
  /** True if the user has asked for less data. @default false */
  saveData?: () => boolean;
  now: () => number;
  /** Milliseconds of a monotonic timer. @default `now` */
  monotonic?: () => number;
  random: () => number;
  setTimeout: (callback: () => void, ms: number) => unknown;
  clearTimeout: (timer: never) => void;
  /** True if the browser reports a metered connection. @default false */
  metered?: () => boolean;
  /** False if the browser knows that it is offline. */
  onLine?: () => boolean | undefined;
  /** Calls back for each violation of the worker's own Content-Security-Policy. */
  onViolation?: (listener: ForbiddenHosts['note']) => void;
  /** Reads the worker's own Content-Security-Policy, as the header has it. @default none */
  policy?: () => Promise<string>;
  /** The protocol last used with a host (`http/1.1`, `h2`), if the browser reports it. */
  protocolOf?: (origin: string) => string | undefined;
  estimate: () => Promise<StorageEstimate | undefined>;
  persisted: () => Promise<boolean | undefined>;
  ledger?: Ledger;
  index?: TileIndex;
}
