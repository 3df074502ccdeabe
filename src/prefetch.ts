export { prefetchAround } from './prefetch/prefetch';
export type { Prefetch, PrefetchOptions, PrefetchTarget } from './prefetch/types';
