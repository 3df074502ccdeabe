import type { IDBPDatabase } from 'idb';
import { reportedByDone } from '../util/reported-by-done';
import { applyChanges, type Change } from './apply-changes';
import type { Schema } from './open-rows';
import { fromRows, headRow } from './rows';
import type { LedgerState } from './state';

/**
 * Applies changes to what the database holds, and writes the result in one transaction, which `begun` receives. `known`
 * returns the state in memory.
 */
export async function writeChanges(
  db: IDBPDatabase<Schema>,
  changes: readonly Change[],
  known: () => LedgerState,
  begun: (transaction: { abort(): void }) => void,
) {
  const tx = db.transaction('rows', 'readwrite', { durability: 'strict' });
  begun(tx);
  tx.done.catch(() => {});
  const rows = await tx.store.getAll();
  // The database was deleted while the worker ran. Go on with the state in memory: it distrusts older bodies no less.
  const before = rows.length > 0 ? fromRows(rows) : known();
  const [after, changed, gone, ended] = applyChanges(before, changes, rows.length === 0);
  if (ended.some(({ ok }) => ok)) {
    reportedByDone(tx.store.put(headRow(after)));
    for (const layer of new Set([...changed, ...gone])) {
      const value = after.layers.get(layer);
      reportedByDone(value ? tx.store.put({ key: `layer:${layer}`, value }) : tx.store.delete(`layer:${layer}`));
    }
  }
  await tx.done;
  return [after, changed, ended] as const;
}
