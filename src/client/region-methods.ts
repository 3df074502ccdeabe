import type { TileCacheClient } from '../page/types';
import { lazyMethods } from './lazy-methods';

type Regions = ReturnType<(typeof import('../regions/index'))['createRegions']>;

/** The client's methods for regions, whose script few pages need. */
export function regionMethods(load: () => Promise<Regions>): Pick<TileCacheClient, 'regions' | 'coverage'> {
  const { coverage, ...regions } = lazyMethods(
    'save estimate list get pause resume update remove export import coverage',
    load as () => Promise<TileCacheClient['regions'] & Pick<TileCacheClient, 'coverage'>>,
  );
  return { regions, coverage };
}
