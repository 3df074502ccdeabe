import type { Env } from '../page/env';
import type { TileCacheClient } from '../page/types';
import type { NetworkMode } from '../shared/page-messages';
import type { Channel } from '../worker/channel';
import { loaded } from './loaded';

/** The client's methods that send the worker a command. */
export type Commands = Pick<
  TileCacheClient,
  | 'invalidate'
  | 'clear'
  | 'network'
  | 'workerStatus'
  | 'usage'
  | 'inspect'
  | 'entries'
  | 'trace'
  | 'inspector'
  | 'moveIn'
>;

/** Creates these methods. `letGo` closes the caches that the page holds open; `switchTo` sets its network mode. */
export function workerCommands(
  channel: () => Promise<Channel>,
  { href }: Env,
  letGo: () => void,
  switchTo: (mode: NetworkMode) => void,
): Commands {
  const inspecting = async (action: string, query?: object): Promise<never> =>
    (await channel()).send({ ...query, action, type: 'TILE_INSPECT' } as never);
  return {
    invalidate: async (invalidation, { signal } = {}) =>
      (await channel()).send({ ...invalidation, type: 'CACHE_INVALIDATE' }, signal),
    async clear(which) {
      // The worker cannot delete a cache from the disk while a page holds it open.
      letGo();
      await (await channel()).send({ ...which, type: 'TILE_CLEAR' });
    },
    async network(mode) {
      await (await channel()).send({ type: 'TILE_NETWORK', mode });
      switchTo(mode);
    },
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
