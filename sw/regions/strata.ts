import type { Area } from '../../src/shared/area';
import type { ZoomRange } from '../../src/shared/tile';

/** Tiles of one layer, zoom and ratio: alike in size. */
export interface Stratum {
  layer: number;
  /** Its place in the layer's list. */
  ratio: number;
  zoom: number;
  count: number;
}

/** The most requests of a sample. */
export const MAX_SAMPLE = 60;

/** Groups tiles by layer, ratio and zoom; stops above `most`. */
export function strataOf(area: Area, zooms: ZoomRange, ratios: readonly number[], most: number): Stratum[] {
  const strata: Stratum[] = [];
  let all = 0;
  for (let zoom = zooms[0]; zoom <= zooms[1]; zoom += 1) {
    const count = area.count(zoom, most);
    ratios.forEach((times, layer) => {
      for (let ratio = 0; ratio < times; ratio += 1) strata.push({ layer, ratio, zoom, count });
    });
    all += count * ratios.reduce((sum, times) => sum + times, 0);
    if (all > most) break;
  }
  return strata;
}
