import type { ClientState, ClientStatus, TileCacheClient, TileCacheClientOptions } from '../page/types';
import type { ScreenSummary } from '../screen/describe';

/** What a component needs to know of the map. */
export interface TileCacheState {
  /** For adapters and commands; undefined on the server, in the first render, and while it is being created. */
  client: TileCacheClient | undefined;
  /** Why there is no client (an option was refused) or no worker. The map works without either. */
  error: unknown;
  /** Whether a worker answers this page. */
  state: ClientState;
  /** The page or the worker finds the network dead. */
  offline: boolean;
  /** What is on the screen may be out of date: no network, tiles that did not come or are old, no answer from the version endpoint. */
  stale: boolean;
  /** New tiles are on their way after a change. */
  updating: boolean;
  /** Seconds; of the oldest tile that `screen.state` speaks of. Undefined where it is not known. */
  age: number | undefined;
  /** The versions in force, by layer. */
  versions: Readonly<Record<string, string>>;
  /** What is on the screen, summed up as `<tile-age>` does. */
  screen: ScreenSummary | undefined;
  /** All that the client knows. */
  status: ClientStatus;
}

/** Options of `useTileCache` and of `TileCacheProvider`: those of a client to be created, or a client. Read once. */
export type UseTileCacheOptions = (TileCacheClientOptions | { client: TileCacheClient | Promise<TileCacheClient> }) & {
  /** Seconds between two looks at what grows by itself: the ages. 0: ages are those of the last change. @default 30 */
  ageInterval?: number;
};
