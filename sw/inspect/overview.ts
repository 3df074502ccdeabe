import type { InspectorOverview } from '../../src/shared/inspect-commands';
import { layerTotals } from '../index/layer-totals';
import { recordOf } from '../ledger/state';
import { isMark } from '../store/tile-store';
import type { InspectTools } from './tools';

/** The most layers to report. */
const MOST = 200;

/** Reports the worker's state for all its layers. */
export async function overview(tools: InspectTools): Promise<Omit<InspectorOverview, 'simulated'>> {
  const { ledger, store, index, health, known, estimate, persisted } = tools;
  const state = ledger.state ?? (await ledger.load());
  await index.flush();
  const stored = await store.list().catch(() => []);
  const sums = layerTotals((await index.totals()).values());
  const named = [...(state?.layers.keys() ?? [])].filter((name) => name !== '*');
  const cached = stored.filter((cache) => !isMark(cache)).map(({ layer }) => layer);
  const names = [...new Set([...known(), ...named, ...cached])].sort().slice(0, MOST);
  const { usage, quota } = (await estimate().catch(() => undefined)) ?? {};
  return {
    epoch: state?.epoch,
    layers: names.map((layer) => {
      const record = state && recordOf(state, layer);
      return {
        layer,
        version: record?.version,
        revision: record?.revision,
        confirmedAt: record?.confirmedAt,
        kept: record?.kept.filter(Boolean) ?? [],
        rules: record?.rules ?? [],
        ...(sums.get(layer) ?? { tiles: 0, bytes: 0 }),
        dead: health.dead(layer),
      };
    }),
    usage,
    quota,
    persisted: await persisted().catch(() => undefined),
  };
}
