import type { ClientOrders } from '../shared/manifest';

/** Does what a manifest asks. Never rejects. */
export type Obey = (orders: ClientOrders | undefined) => Promise<void>;

/** Where it is kept which workers the origin has switched off: hashes of their scripts, for an address may hold a secret. */
export const OFF = 'tile-cache-off';
/** Where the tokens are kept for which pages were loaded anew. */
export const DONE = 'tile-cache-done';
