import { selectingFields, variantIn } from '../http/vary';
import { inForce } from '../ledger/doubt';
import { labelFor } from '../ledger/verdict';
import type { Found } from '../lookup/found';
import type { Wanted } from '../lookup/wanted';
import type { Exchange } from '../origin/exchange';
import type { Tile } from '../store/tile-store';
import type { RequestTools, Task } from './task';

/** The origin's label is not the version in force: the tile is never fresh, whatever its headers say. */
export const MISMATCH = { ttl: 0, detail: 'versionmismatch' } as const;

/** Adds the detail `storage` if the store could not be read. */
export const withoutStore = (found: Found) => (found.broken ? ({ detail: 'storage' } as const) : {});

/** Returns the version to label the tile with. */
export function labelOf({ ledger: { state } }: RequestTools, { address }: Wanted, { meta }: Tile): string {
  return state ? labelFor(inForce(state, address.layer.name), address.place, meta) : meta.version;
}

/** A follower gets the leader's answer only if its own request selects the same variant (RFC 9111 section 4.1). */
export function selectsSameVariant(
  { env }: RequestTools,
  { wanted }: Task,
  { headers }: Tile,
  { plan }: Exchange,
): boolean {
  const { layer } = wanted.address;
  const fields = selectingFields(layer, headers);
  const own = variantIn(layer, fields, wanted.request, env);
  return own !== undefined && own === variantIn(layer, fields, plan.request, env);
}

/**
 * Returns the variant that a request selects by the `Vary` fields of another request's answer; '' if the worker cannot
 * tell.
 */
export function variantBy({ env }: RequestTools, { wanted }: Task, { headers }: Tile): string {
  const { layer } = wanted.address;
  return variantIn(layer, selectingFields(layer, headers), wanted.request, env) ?? '';
}
