import type { IDBPDatabase } from 'idb';
import type { Schema } from './open-rows';
import { fromRows, headRow } from './rows';
import type { LedgerState } from './state';

/** Reads the state. Founds a new ledger if the database is empty; `hasTraces` tells whether an earlier one was there. */
export async function readState(
  db: IDBPDatabase<Schema>,
  name: string,
  hasTraces: () => Promise<boolean>,
): Promise<LedgerState> {
  const rows = await db.getAll('rows');
  if (rows.length > 0) return fromRows(rows);
  const founded: LedgerState = {
    id: crypto.randomUUID().slice(0, 8),
    epoch: 1,
    orphaned: await hasTraces().catch(() => true),
    ...(db.name !== name && { sealed: true }),
    ids: [],
    cleared: {},
    layers: new Map(),
  };
  const tx = db.transaction('rows', 'readwrite', { durability: 'strict' });
  // Another worker may have created it meanwhile.
  const found = await tx.store.getAll();
  if (found.length === 0) await tx.store.put(headRow(founded));
  await tx.done;
  return found.length > 0 ? fromRows(found) : founded;
}
