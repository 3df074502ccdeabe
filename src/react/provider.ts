import { createContext, createElement, useState, type ReactElement, type ReactNode } from 'react';
import { sourceOf } from './source';
import { type TileCacheStore, createStore } from './store';
import type { UseTileCacheOptions } from './types';

/** The context that `TileCacheProvider` provides. */
export const TileCacheContext = createContext<TileCacheStore | undefined>(undefined);

/** Properties of `TileCacheProvider`. */
export interface TileCacheProviderProps {
  /** Read once, when the component is mounted: give it another `key` to have them read again. */
  options: UseTileCacheOptions;
  /** Components that may call `useTileCache()`. */
  children?: ReactNode;
}

/**
 * Shares one client with every component below it that calls `useTileCache()`. The client is created when the first of
 * them is mounted, and closed when the last one is gone. Throws `INVALID_OPTION`.
 */
export function TileCacheProvider({ options, children }: TileCacheProviderProps): ReactElement {
  const [store] = useState(() => createStore(sourceOf(options)));
  return createElement(TileCacheContext.Provider, { value: store }, children);
}
