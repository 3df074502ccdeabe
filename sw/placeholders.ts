import { resolvePlaceholderOptions, type PlaceholderOptions } from './placeholders/options';
import { createReader } from './placeholders/read-stored';
import { canScale, cutOut } from './placeholders/scale';
import { standIn } from './placeholders/stand-in';
import type { Placeholders } from './placeholders/types';

export type { PlaceholderOptions } from './placeholders/options';
export type { PlaceholderTools, Placeholders } from './placeholders/types';

/**
 * While a raster tile is missing (the origin is slow or away and nothing is stored), the nearest stored tile above it
 * stands in, cut out and scaled; pages are told to ask again when the tile itself has come. Off for every layer that is
 * not named; without OffscreenCanvas nothing happens. Goes into `createTileCache({ placeholders })`.
 * @throws TileCacheError `INVALID_OPTION`, naming the field.
 */
export function createPlaceholders(options: PlaceholderOptions): Placeholders {
  const settings = resolvePlaceholderOptions(options);
  return (handle, tools) => (canScale() ? standIn(handle, tools, settings, createReader(tools), cutOut) : handle);
}
