import { refuse, refuseUnknown } from '../shared/validate';
import type { BindingOptions } from './binding';
import type { BindingClient } from './binding-client';

/** The options of every binding, by name. */
export const TILE_OPTIONS: Record<keyof BindingOptions, true> = {
  layer: true,
  signal: true,
  reportViewport: true,
  swap: true,
  swapTimeout: true,
};

/**
 * Checks what a binding is given, before it changes anything: a client, and no other options than the known ones. Throws
 * `INVALID_OPTION`.
 */
export function checkBinding(client: BindingClient, options: object, known: object): void {
  // A client that nobody has awaited is a promise.
  if (typeof client?.on !== 'function')
    refuse('INVALID_OPTION', 'client', 'a client', 'Pass what `await createTileCacheClient()` returns.');
  refuseUnknown(options, known);
}
