import { recordOf } from '../ledger/state';
import type { Found } from '../lookup/found';
import type { Wanted } from '../lookup/wanted';
import { archivePartKey, WHOLE_ARCHIVE } from '../store/archive-key';
import type { InspectTools } from './tools';

/** Resolves with true if the layer's whole archive is stored and no later rule covers it: its tiles need no network. */
export async function isKeptWhole(
  { store, origin }: InspectTools,
  { address: { layer, tile } }: Wanted,
  { state }: Found,
): Promise<boolean> {
  const { cache, version, rules } = recordOf(state, layer.name);
  if (layer.archive === undefined || version === undefined || !tile) return false;
  const name = store.nameOf(layer.name, cache, '');
  // Opening a cache would create it.
  const caches = await store.list().catch(() => []);
  if (!caches.some((one) => one.name === name)) return false;
  const key = archivePartKey(origin, layer.name, version, WHOLE_ARCHIVE);
  const kept = (await store.match(name, key).catch(() => undefined))?.meta;
  return kept?.ledger === state.id && rules.every(({ epoch }) => kept.epoch >= epoch);
}
