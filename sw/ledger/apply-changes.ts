import { applyPatch } from './apply-patch';
import type { Ended } from './group-commit';
import type { LedgerPatch, LedgerState } from './state';

export type Change = (state: LedgerState) => LedgerPatch<unknown>;

/**
 * Applies changes one after the other. A change that throws changes nothing; the others go on. `changed` and `gone` name
 * the layers whose rows must be written; `all` counts every layer of `before` as changed, because its rows are lost.
 */
export function applyChanges(before: LedgerState, changes: readonly Change[], all: boolean) {
  let after = before;
  const changed = new Set(all ? before.layers.keys() : []);
  const gone = new Set<string>();
  const ended = changes.map((change): Ended => {
    try {
      const patch = change(after);
      after = applyPatch(after, patch);
      for (const { layer } of patch.records) changed.add(layer);
      for (const layer of patch.forget ?? []) gone.add(layer);
      return { ok: true, result: patch.result };
    } catch (error) {
      return { ok: false, error };
    }
  });
  return [after, changed, gone, ended] as const;
}
