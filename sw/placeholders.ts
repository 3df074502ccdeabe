import { resolvePlaceholderOptions, type PlaceholderOptions } from './placeholders/options';
import { createReader } from './placeholders/read-stored';
import { canScale, cutOut } from './placeholders/scale';
import { withPlaceholders } from './placeholders/with-placeholders';
import type { Placeholders } from './placeholders/types';

export type { PlaceholderOptions } from './placeholders/options';
export type { PlaceholderTools, Placeholders } from './placeholders/types';

/**
 * Shows the nearest stored tile above a missing raster tile, cropped and scaled, while the origin is slow or
 * unreachable and nothing is stored. Pages hear when to request the tile again, once it has come. Placeholders are off
 * for every layer that the options do not name, and do nothing without OffscreenCanvas. Pass the result to
 * `createTileCache({ placeholders })`.
 * @throws TileCacheError `INVALID_OPTION`, naming the field.
 */
export function createPlaceholders(options: PlaceholderOptions): Placeholders {
  const settings = resolvePlaceholderOptions(options);
  return (handle, tools) =>
    canScale() ? withPlaceholders(handle, tools, settings, createReader(tools), cutOut) : handle;
}
