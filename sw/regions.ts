import { refuse, isRecord } from '../src/shared/validate';
import { createRegions, type RegionsOptions } from './regions/regions';
import type { RegionsPlugin } from './regions/tools';

export { styleLayers } from './regions/style-layers';
export type { RegionsOptions } from './regions/regions';
export type { RegionSurroundings, RegionTools, Regions, RegionsPlugin } from './regions/tools';

/**
 * Offline regions: the worker keeps the tiles of an area until a page removes the region, and never evicts them. Pages save
 * regions with `client.regions`. Pass the result to `createTileCache({ regions: regions() })`.
 * @throws TileCacheError `INVALID_OPTION`, naming the field.
 */
export function regions(options: RegionsOptions = {}): RegionsPlugin {
  const code = 'INVALID_OPTION';
  if (!isRecord(options)) refuse(code, 'regions', 'an object');
  for (const name of Object.keys(options))
    if (name !== 'bulk' && name !== 'requestsPerSecond')
      refuse(code, `regions.${name}`, 'absent', 'Use bulk and requestsPerSecond.');
  const { bulk = [], requestsPerSecond: rate } = options;
  if (!Array.isArray(bulk) || !bulk.every((name) => typeof name === 'string'))
    refuse(code, 'regions.bulk', 'a list of names of providers');
  if (rate !== undefined && !(typeof rate === 'number' && rate >= 0.5 && rate <= 1000))
    refuse(code, 'regions.requestsPerSecond', 'a number, 0.5 to 1000');
  return (around) => createRegions(around, { ...options, bulk });
}
