import type { TileCacheClient } from '../page/types';

/** The part of a client that an adapter uses: a stub with these is enough for tests. */
export type BindingClient = Pick<TileCacheClient, 'on' | 'version' | 'viewport'>;
