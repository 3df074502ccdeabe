import type { RegionsApi } from '../page/region-types';
import type { TileCacheClient } from '../page/types';

type Regions = ReturnType<(typeof import('../regions/index'))['createRegions']>;

const METHODS = 'save estimate list get pause resume update remove export import';

/** The client's methods for regions, whose script few pages need: the first call loads it. */
export function regionMethods(load: () => Promise<Regions>): Pick<TileCacheClient, 'regions' | 'coverage'> {
  const later =
    (name: string) =>
    async (...given: never[]): Promise<never> =>
      ((await load()) as unknown as Record<string, (...given: never[]) => never>)[name]!(...given);
  return {
    regions: Object.fromEntries(METHODS.split(' ').map((name) => [name, later(name)])) as unknown as RegionsApi,
    coverage: later('coverage') as TileCacheClient['coverage'],
  };
}
