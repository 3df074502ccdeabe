import type { TileCacheClient } from '../page/types';
import type { Commands } from './commands';
import { lazyMethods } from './lazy-methods';
import { onDemand } from './load-on-demand';
import type { ClientParts } from './parts';
import { regionMethods } from './region-methods';
import type { Watching } from './watching';

const COMMANDS = 'invalidate clear network workerStatus usage inspect entries trace inspector moveIn';

/** Creates what users see of the client. `close` ends everything. */
export function publicClient(
  { link, state, book, views, board, switchTo, env, on, channel, regions, letGo }: ClientParts,
  watching: Watching,
  close: () => void,
): TileCacheClient {
  const commands = async () => (await onDemand()).workerCommands(channel, env, letGo, switchTo);
  return {
    ...regionMethods(regions),
    ...lazyMethods<Commands>(COMMANDS, commands),
    get state() {
      return state();
    },
    get error() {
      return link.error;
    },
    on,
    version: (layer) => book.get(layer)?.version,
    async check() {
      await watching.start();
      await watching.current()?.check();
    },
    status: board.status,
    viewport(view) {
      board.viewport(view);
      views.set(view);
    },
    close,
  };
}
