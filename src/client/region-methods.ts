import { createEmitter } from '../page/events';
import { failure } from '../page/failure';
import type { TileCacheClient } from '../page/types';
import { TileCacheError } from '../shared/errors';
import type { Channel } from '../worker/channel';
import { lazyMethods } from './lazy-methods';
import { loaded } from './loaded';
import { retried } from './retried';

type Create = (typeof import('../regions/index'))['createRegions'];
type Regions = ReturnType<Create>;

/** Loads the code for regions. */
export type RegionsLoader = () => Promise<Regions>;

/** The parts of the client that regions need. */
export type RegionParts = Pick<Parameters<Create>[0], 'env' | 'scope' | 'on' | 'closed'> & {
  channel: () => Promise<Channel>;
};

/**
 * Loads the code for regions on the first call, because few pages need it. After a failure the next call tries again.
 */
export const regionLoader = ({ channel, ...parts }: RegionParts): RegionsLoader =>
  retried(async () => {
    const [{ createRegions }, { send }] = await Promise.all([loaded(import('../regions/index')), channel()]);
    const ask: Parameters<Create>[0]['send'] = (command, signal) => send({ ...command, type: 'TILE_REGIONS' }, signal);
    // Lend the regions' script these functions, so that it need not contain copies.
    const own = { createEmitter, failure, TileCacheError };
    return createRegions({ ...parts, send: ask, own });
  });

/** The client's methods for regions. */
export function regionMethods(load: RegionsLoader): Pick<TileCacheClient, 'regions' | 'coverage'> {
  const { coverage, ...regions } = lazyMethods(
    'save estimate list get pause resume update remove export import coverage',
    load as () => Promise<TileCacheClient['regions'] & Pick<TileCacheClient, 'coverage'>>,
  );
  return { regions, coverage };
}
