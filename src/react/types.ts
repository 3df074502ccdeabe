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
  /**
   * Tiles on the screen may be out of date: there is no network, tiles are missing or old, or the version endpoint does
   * not answer.
   */
  stale: boolean;
  /** New tiles are loading after a change. */
  updating: boolean;
  /** Age of the oldest tile that `screen.state` describes, in seconds. Undefined if it is not known. */
  age: number | undefined;
  /** The versions in force, by layer. */
  versions: Readonly<Record<string, string>>;
  /** A summary of what is on the screen, as `<tile-age>` shows it. */
  screen: ScreenSummary | undefined;
  /** The full status of the client. */
  status: ClientStatus;
}

/** Options of `useTileCache` and of `TileCacheProvider`: the options of a client to create, or a client. Read once. */
export type UseTileCacheOptions = (TileCacheClientOptions | { client: TileCacheClient | Promise<TileCacheClient> }) & {
  /**
   * Seconds between two updates of the ages, which grow without an event. With 0, ages are updated only by a change.
   * @default 30
   */
  ageInterval?: number;
};
