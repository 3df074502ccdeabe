import { useContext, useState, useSyncExternalStore } from 'react';
import { TileCacheError } from '../shared/errors';
import { TileCacheContext } from './provider';
import { sourceOf } from './source';
import { createStore } from './store';
import type { TileCacheState, UseTileCacheOptions } from './types';

/**
 * What the page knows of its tiles; the component is rendered again when that changes. With options it creates a client, and
 * closes it when the component is gone; they are read once, when the component is mounted. Without, it uses the client of the
 * nearest `TileCacheProvider`. On the server, and until the client is there, it returns a state without a client. A client
 * that cannot be created is in `error`. Throws `INVALID_OPTION` without options and without a provider.
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
