import type { Env } from '../page/env';
import type { Emitter } from '../page/events';
import type { Settings } from '../page/options';
import type { ClientEvents, ClientState } from '../page/types';
import type { NetworkMode } from '../shared/page-messages';
import type { VersionBook } from '../versions/version-book';
import type { Channel } from '../worker/channel';
import type { WorkerLink } from '../worker/link';
import type { RegionsLoader } from './region-methods';
import type { StatusBoard } from './status';
import type { createViews } from './views';

/** The client's parts, which `createTileCacheClient` puts together. */
export interface ClientParts extends Pick<Emitter<ClientEvents>, 'on' | 'emit'> {
  /** The browser, without the network while the user has switched that off. */
  env: Env;
  settings: Settings;
  closed: AbortSignal;
  link: WorkerLink;
  /** Returns the state that the page was told last. */
  state: () => ClientState;
  book: VersionBook;
  views: ReturnType<typeof createViews>;
  board: StatusBoard;
  /** Loads the channel to the worker. */
  channel: () => Promise<Channel>;
  /** Loads the code for regions. */
  regions: RegionsLoader;
  /** Closes the caches held open, so that the worker can delete them. */
  letGo: () => void;
  /** Switches the page's network mode. */
  switchTo: (mode: NetworkMode) => void;
}
