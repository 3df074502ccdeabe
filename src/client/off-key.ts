import type { ClientOrders } from '../shared/manifest';

/** Carries out a manifest's orders. Never rejects. */
export type Obey = (orders: ClientOrders | undefined) => Promise<void>;

/**
 * The storage key for the workers that the origin has switched off: hashes of their scripts, because an address may
 * hold a secret.
 */
export const OFF = 'tile-cache-off';
/** The storage key for the tokens for which pages have reloaded. */
export const DONE = 'tile-cache-done';
