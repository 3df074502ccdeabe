import type { ClientOrders } from './manifest';
import { isRecord, own, readVersion, record, text, word } from './validate';

/** Orders by themselves. */
export const orders = record<ClientOrders>({
  worker: word('on', 'off'),
  reload: readVersion,
  message: text(/^[^\p{Cc}\p{Cs}]{1,200}$/u, 'a text of 1 to 200 characters on one line'),
});

/**
 * What the manifest asks of the page, checked; `null` asks nothing, as serializers write it. Throws `INVALID_MANIFEST` with
 * the field named; unknown fields are ignored.
 */
export function readOrders(manifest: unknown): ClientOrders | undefined {
  const value = isRecord(manifest) ? own(manifest, 'client') : undefined;
  if (value == null) return undefined;
  const given: unknown = JSON.parse(JSON.stringify(value), (_, one: unknown) => one ?? undefined);
  return orders(given, 'client', 'INVALID_MANIFEST');
}

/** The rest: a manifest that only asks something of the page tells no version. */
export function withoutOrders(manifest: unknown): unknown {
  if (!isRecord(manifest) || own(manifest, 'client') === undefined) return manifest;
  const { client: _, ...rest } = manifest;
  return own(rest, 'version') === undefined && own(rest, 'layers') === undefined ? { layers: {} } : rest;
}
