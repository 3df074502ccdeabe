import { isRecord, refuse, refuseUnknown } from '../../src/shared/validate';

/** Options of `createPlaceholders`. */
export interface PlaceholderOptions {
  /** Names of the raster layers that get placeholders. */
  layers: readonly string[];
  /**
   * Seconds that the worker waits for the tile before it shows a placeholder; after a failure it waits no longer.
   * @default 2
   */
  after?: number;
  /** The most zooms above the tile at which the worker looks for a stored one; each doubles a pixel's size. @default 4 */
  levels?: number;
}

/** The options after validation, with defaults filled in. */
export interface PlaceholderSettings {
  layers: ReadonlySet<string>;
  /** Milliseconds. */
  afterMs: number;
  levels: number;
}

const CODE = 'INVALID_OPTION';

/** Throws `INVALID_OPTION`, naming the field. */
export function resolvePlaceholderOptions(options: PlaceholderOptions): PlaceholderSettings {
  if (!isRecord(options)) refuse(CODE, 'options', 'an object');
  refuseUnknown(options, { layers: true, after: true, levels: true });
  const { layers, after = 2, levels = 4 } = options as PlaceholderOptions;
  const isName = (name: unknown) => typeof name === 'string' && name !== '';
  if (!Array.isArray(layers) || !layers.length || !layers.every(isName))
    refuse(CODE, 'layers', 'a list of layer names');
  if (!(typeof after === 'number' && after >= 0 && after <= 60)) refuse(CODE, 'after', 'seconds from 0 to 60');
  if (!Number.isInteger(levels) || levels < 1 || levels > 10) refuse(CODE, 'levels', 'a whole number from 1 to 10');
  return { layers: new Set(layers), afterMs: after * 1000, levels };
}
