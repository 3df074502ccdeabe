import { TileCacheError } from '../src/shared/errors';
import type { LayerOptions, ResolvedLayer } from '../src/shared/layer-options';
import { resolveLayer } from '../src/shared/resolve-layer';
import { nearest } from '../src/shared/nearest';
import { flag, isRecord, record, refuse } from '../src/shared/validate';
import type { Archives } from './archives/types';
import type { InspectorPlugin } from './inspect/tools';
import type { MoveInPlugin } from './move-in/tools';
import type { Placeholders } from './placeholders/types';
import type { RegionsPlugin } from './regions/tools';

/** Options of `createTileCache`; all have defaults. */
export interface TileCacheOptions {
  /**
   * The layers by name, or a function of the name for those under `/tiles/{layer}/…`; if the function returns undefined, the
   * worker leaves the layer to the browser.
   * @default every `/tiles/{layer}/…`, by the responses' headers
   */
  layers?: Readonly<Record<string, LayerOptions>> | ((name: string) => LayerOptions | undefined);
  /** Bytes that all layers may fill together. @default 1073741824 (1 GiB) */
  maxBytes?: number;
  /** Bytes of hot tiles that the worker keeps in memory; 0 switches that off. @default 16777216 (16 MiB) */
  memoryBytes?: number;
  /** Placeholders for missing raster tiles: `createPlaceholders()` of `sw-tile-cache/sw/placeholders`. @default none */
  placeholders?: Placeholders;
  /** Layers from PMTiles archives: `pmtiles()` of `sw-tile-cache/sw/pmtiles`. @default none */
  archives?: Archives;
  /**
   * Prints on the console how the worker answered each tile, one group for each tile: whether and why it sent a request to
   * the origin, age, version, milliseconds. Only the development build does this (export condition `development`). No group
   * contains a secret from a URL.
   * @default false
   */
  debug?: boolean;
  /** Offline regions: `regions()` of `sw-tile-cache/sw/regions`. @default none */
  regions?: RegionsPlugin;
  /** Answers `client.inspect`, `entries` and `trace`: `inspector()` of `sw-tile-cache/sw/inspect`. @default none */
  inspect?: InspectorPlugin;
  /** Takes over tiles that other libraries have stored: `moveIn()` of `sw-tile-cache/sw/move-in`. @default none */
  moveIn?: MoveInPlugin;
  /** @default the worker's own */
  fetch?: typeof fetch;
  /** @default the worker's own */
  caches?: CacheStorage;
  /** Epoch milliseconds. @default Date.now */
  now?: () => number;
}

/** Options of `register`. */
export interface RegisterOptions {
  /** The worker takes over open pages when it activates. @default false */
  claim?: boolean;
  /** The worker does not wait until all pages of the old worker are closed. @default false */
  skipWaiting?: boolean;
}

/** The options after validation, with defaults filled in. */
export interface ResolvedOptions {
  layers: ResolvedLayer[];
  /** Makes a layer for a name that is not configured. Throws if the app's function returns bad options. */
  catchAll: ((name: string) => ResolvedLayer | undefined) | undefined;
  maxBytes: number;
  memoryBytes: number;
}

const KNOWN = [
  'layers',
  'maxBytes',
  'memoryBytes',
  'placeholders',
  'archives',
  'regions',
  'inspect',
  'moveIn',
  'debug',
  'fetch',
  'caches',
  'now',
];
const MAX_CONFIGURED = 1000;
const CODE = 'INVALID_OPTION';
const REMEDY = "Pass pmtiles() of 'sw-tile-cache/sw/pmtiles'.";

/** Checks the options of `register`. Throws `INVALID_OPTION`, which names the field. */
export const readRegisterOptions = record<RegisterOptions>({ claim: flag, skipWaiting: flag }, CODE);

/** Throws `INVALID_OPTION` or `INVALID_TEMPLATE`, naming the field, before anything is set up. */
export function resolveOptions(options: TileCacheOptions): ResolvedOptions {
  if (!isRecord(options)) refuse(CODE, 'options', 'an object');
  for (const name of Object.keys(options)) {
    if (!KNOWN.includes(name)) {
      const near = /* @__PURE__ */ nearest(name, KNOWN);
      throw new TileCacheError({
        code: CODE,
        field: name.slice(0, 256),
        message: `${name.slice(0, 64)} is not an option of createTileCache().`,
        remedy: near ? `Did you mean ${near}?` : `Use one of ${KNOWN.join(', ')}.`,
      });
    }
  }
  const { layers, maxBytes = 2 ** 30, memoryBytes = 2 ** 24 } = options;
  if (!(typeof maxBytes === 'number' && maxBytes > 0)) refuse(CODE, 'maxBytes', 'a number of bytes above 0');
  if (!(typeof memoryBytes === 'number' && memoryBytes >= 0))
    refuse(CODE, 'memoryBytes', 'a number of bytes, 0 or more');
  for (const name of ['fetch', 'now', 'placeholders', 'regions', 'inspect', 'moveIn'] as const) {
    if (options[name] !== undefined && typeof options[name] !== 'function') refuse(CODE, name, 'a function');
  }
  const archives = options.archives as Archives | undefined;
  if (archives !== undefined && typeof archives?.origin !== 'function') refuse(CODE, 'archives', 'pmtiles()', REMEDY);
  const resolve = (name: string, own: LayerOptions) => {
    const layer = resolveLayer(name, own);
    if (layer.archive === undefined) return layer;
    return (archives ?? refuse(CODE, 'archives', `given for layers.${name}.archive`, REMEDY)).layer(layer, own);
  };
  if (options.debug !== undefined && typeof options.debug !== 'boolean') refuse(CODE, 'debug', 'true or false');
  if (layers === undefined) {
    return { layers: [], catchAll: (name) => resolveLayer(name, {}, { catchAll: true }), maxBytes, memoryBytes };
  }
  if (typeof layers === 'function') {
    const make = (name: string) => {
      const own = layers(name);
      return own && resolve(name, own);
    };
    return { layers: [], catchAll: make, maxBytes, memoryBytes };
  }
  if (!isRecord(layers)) refuse(CODE, 'layers', 'an object of layers by name, or a function');
  const entries = Object.entries(layers as Readonly<Record<string, LayerOptions>>);
  if (entries.length === 0 || entries.length > MAX_CONFIGURED) refuse(CODE, 'layers', `1 to ${MAX_CONFIGURED} layers`);
  // In a manifest this name stands for the layers that are not named.
  if (Object.hasOwn(layers, '*'))
    refuse(CODE, 'layers.*', 'the name of one layer', 'For any name, make layers a function of the name.');
  return { layers: entries.map(([name, own]) => resolve(name, own)), catchAll: undefined, maxBytes, memoryBytes };
}
