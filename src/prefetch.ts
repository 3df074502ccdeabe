export { prefetchTiles } from './prefetch/prefetch-tiles';
export type { Obstacle, Prefetch, PrefetchOptions, PrefetchStatus, TimeSteps } from './prefetch/types';
export type { MapView } from './adapters/supply';
