import type { TileCacheClient } from '../page/types';

/** The part of a client that an adapter uses. In tests, a stub with these members is enough. */
export type BindingClient = Pick<TileCacheClient, 'on' | 'version' | 'viewport'>;
