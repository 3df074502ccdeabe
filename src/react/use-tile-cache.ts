import { useContext, useState, useSyncExternalStore } from 'react';
import { TileCacheError } from '../shared/errors';
import { TileCacheContext } from './provider';
import { sourceOf } from './source';
import { createStore } from './store';
import type { TileCacheState, UseTileCacheOptions } from './types';

/**
 * Returns the client's state for the tiles of the page, and renders the component again when it changes. With
 * options, it creates a client when the component is mounted, and closes it when the component is unmounted; later
 * changes of the options have no effect. Without options, it uses the client of the nearest `TileCacheProvider`. On the
 * server, and until the client has been created, it returns a state without a client. If the client cannot be created,
 * `error` says why. Throws `INVALID_OPTION` if there are neither options nor a provider.
 */
export function useTileCache(options?: UseTileCacheOptions): TileCacheState {
  const shared = useContext(TileCacheContext);
  const [own] = useState(() => options && createStore(sourceOf(options)));
  const store = own ?? shared;
  if (!store)
    throw new TileCacheError({
      code: 'INVALID_OPTION',
      field: 'options',
      message: 'useTileCache() was called without options and outside of a TileCacheProvider.',
      remedy: 'Pass options, or put <TileCacheProvider options={…}> around the component.',
    });
  return useSyncExternalStore(store.subscribe, store.get, store.getInitial);
}
