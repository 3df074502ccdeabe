import { createArea } from '../../src/shared/area';
import { MAX_REGION_TILES } from '../../src/shared/regions';
import type { Wanted } from '../lookup/wanted';
import type { RegionRecord } from './records';
import { strataOf } from './strata';

/** Returns the number of tiles of a region, and of the parts of its style. */
export function totalOf(
  { spec, layers }: Pick<RegionRecord, 'spec' | 'layers'>,
  parts: ReadonlyArray<{ wanted: readonly Wanted[] }>,
): number {
  const ratios = layers.map((layer) => layer.ratios.length);
  const strata = strataOf(createArea(spec.bounds), spec.zooms, ratios, MAX_REGION_TILES);
  return [...strata.map(({ count }) => count), ...parts.map(({ wanted }) => wanted.length)].reduce((a, b) => a + b, 0);
}
