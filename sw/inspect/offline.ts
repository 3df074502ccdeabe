import type { OfflineToken, TileInspection } from '../../src/shared/inspect';
import { freshnessLifetime } from '../http/freshness';
import type { Found } from '../lookup/found';
import type { Wanted } from '../lookup/wanted';
import { mayServeOnError } from '../policy/decide';
import { decideOn } from '../request/handle-tile';
import { offlineReason } from './reasons';
import type { InspectTools } from './tools';

/** Predicts the answer while the network is dead. `whole`: the store has the layer's whole archive. */
export function whenOffline(
  tools: InspectTools,
  wanted: Wanted,
  found: Found,
  whole: boolean,
): TileInspection['offline'] {
  const { layer } = wanted.address;
  const health = { ...tools.health, dead: () => true };
  const { kind, why } = decideOn({ health, now: tools.now }, wanted, found);
  const shown = kind === 'respond';
  const missing = shown ? undefined : whyNot(wanted, found);
  if (whole && missing === 'nothing-stored') return { shown: true, reason: offlineReason('archive', layer) };
  const token = shown ? (why === 'disconnected' ? whyShown(tools, wanted, found) : why) : missing;
  return { shown, reason: offlineReason(token as OfflineToken, layer) };
}

/** The clause that allows the stored tile to stand in. */
function whyShown({ now }: InspectTools, { address, policy }: Wanted, { stored }: Found): OfflineToken {
  const { tile, verdict } = stored!;
  const { layer } = address;
  const may = (as: typeof layer, shown = tile) => mayServeOnError(shown, as, now(), { gone: true }, policy, verdict);
  if (!may({ ...layer, offline: 'default' })) return 'offline-always';
  const { kept, ...own } = tile;
  if (kept && !may(layer, own)) return 'region';
  const { staleIfError } = freshnessLifetime(tile, layer);
  return (policy.staleIfError ?? staleIfError) === undefined ? 'disconnected' : 'stale-if-error';
}

function whyNot({ address, policy }: Wanted, { stored, unsureVariant }: Found): OfflineToken {
  if (policy.bypass || policy.reload) return 'bypass';
  if (!stored || stored.verdict.rule === 'absent') return 'nothing-stored';
  if (unsureVariant) return 'vary-unseen';
  return freshnessLifetime(stored.tile, address.layer).neverStale ? 'forbidden' : 'too-old';
}
