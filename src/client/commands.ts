import type { TileCacheClient } from '../page/types';
import type { Channel } from '../worker/channel';
import { loaded } from './loaded';

/** The client's methods that only ask the worker. */
export type Commands = Pick<
  TileCacheClient,
  'invalidate' | 'workerStatus' | 'usage' | 'inspect' | 'entries' | 'trace' | 'inspector' | 'moveIn'
>;

/** Creates these methods; `href` is the page's address. */
export function workerCommands(channel: () => Promise<Channel>, href: string): Commands {
  const inspecting = async (action: string, query?: object): Promise<never> =>
    (await channel()).send({ ...query, action, type: 'TILE_INSPECT' } as never);
  return {
    invalidate: async (invalidation, { signal } = {}) =>
      (await channel()).send({ ...invalidation, type: 'CACHE_INVALIDATE' }, signal),
    workerStatus: async () => (await channel()).send({ type: 'TILE_STATUS' }),
    usage: async () => (await channel()).send({ type: 'TILE_USAGE' }),
    inspect: async (what, given) => {
      const where = typeof what === 'string' || what instanceof URL ? { url: new URL(what, href).href } : what;
      return inspecting('inspect', { ...given, ...where });
    },
    entries: (query) => inspecting('entries', query),
    trace: (query) => inspecting('trace', query),
    inspector: inspecting as TileCacheClient['inspector'],
    moveIn: async (...given) => (await loaded(import('../move-in/move-in'))).moveIn(channel, href, ...given),
  };
}
