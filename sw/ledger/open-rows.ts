import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { LayerRecord, LedgerState } from './state';

/** The state, or a layer's record, as the database keeps it. */
export interface Row {
  key: string;
  value: Omit<LedgerState, 'layers'> | LayerRecord;
}

export interface Schema extends DBSchema {
  rows: { key: string; value: Row };
}

/**
 * Opens the ledger's database as it is, whatever its version number: a later release that waits behind this one, or that
 * was taken back, may have raised it, and its rows are read as far as they are understood. For the same reason no release
 * asks for a number itself: a new worker would change under the active one's hands what that one stands on.
 * Where the rows are gone (another layout), one of its own stands beside it. `forget`: the connection is of no use any more.
 */
export async function openRows(name: string, forget: () => void): Promise<IDBPDatabase<Schema>> {
  const connection = await open(name, forget);
  if (connection.objectStoreNames.contains('rows')) return connection;
  connection.close();
  return open(`${name}~rows`, forget);
}

function open(name: string, forget: () => void): Promise<IDBPDatabase<Schema>> {
  return openDB<Schema>(name, undefined, {
    upgrade: (fresh) => void fresh.createObjectStore('rows', { keyPath: 'key' }),
    blocking: (_old, _new, event) => {
      (event.target as IDBDatabase).close();
      forget();
    },
    terminated: forget,
  });
}
