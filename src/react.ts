export { TileCacheProvider, type TileCacheProviderProps } from './react/provider';
export { useTileCache } from './react/use-tile-cache';
export type { TileCacheState, UseTileCacheOptions } from './react/types';
