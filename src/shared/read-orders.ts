import type { ClientOrders } from './manifest';
import { isRecord, own, readVersion, record, text, word, type Readers } from './validate';

/** A reader for each order. */
export const ORDERS: Readers<ClientOrders> = {
  worker: word('on', 'off'),
  reload: readVersion,
  message: text(/^[^\p{Cc}\p{Cs}]{1,200}$/u, 'a text of 1 to 200 characters on one line'),
};
const orders = record(ORDERS);

/**
 * Checks the manifest's orders to the page. `null` counts as missing. Ignores unknown fields. Throws
 * `INVALID_MANIFEST`, which names the field.
 */
export function readOrders(manifest: unknown): ClientOrders | undefined {
  const value = isRecord(manifest) ? own(manifest, 'client') : undefined;
  if (value == null) return undefined;
  const given: unknown = JSON.parse(JSON.stringify(value), (_, one: unknown) => one ?? undefined);
  return orders(given, 'client', 'INVALID_MANIFEST');
}

/** Returns the manifest without its orders. If nothing else is in it, returns a manifest without layers. */
export function withoutOrders(manifest: unknown): unknown {
  if (!isRecord(manifest) || own(manifest, 'client') === undefined) return manifest;
  const { client: _, ...rest } = manifest;
  return own(rest, 'version') === undefined && own(rest, 'layers') === undefined ? { layers: {} } : rest;
}
