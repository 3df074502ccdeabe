export { TileCacheError, isTileCacheError } from '../src/shared/errors';
export type { ErrorRecord, TileCacheErrorCode } from '../src/shared/errors';
export type { LayerOptions, VersionPolicy, Windows } from '../src/shared/layer-options';
export { presets } from '../src/shared/presets';
export { providers, providerTerms, type ProviderTerms } from '../src/shared/providers';
export type { BBox, TileId, ZoomRange } from '../src/shared/tile';
export type { RegisterOptions, TileCacheOptions } from './options';
export { createTileCache } from './tile-cache';
export type { TileCache } from './tile-cache';
