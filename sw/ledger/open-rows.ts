import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { LayerRecord, LedgerState } from './state';

/** A database row: the state without its layers, or one layer's record. */
export interface Row {
  key: string;
  value: Omit<LedgerState, 'layers'> | LayerRecord;
}

export interface Schema extends DBSchema {
  rows: { key: string; value: Row };
}

/**
 * Opens the ledger's database with whatever version number it has. A later release that waits behind this one, or that
 * was rolled back, may have raised the number; this release reads as much of its rows as it understands. For the same
 * reason no release asks for a number itself: a waiting worker would change the database that the active worker depends
 * on. If the database has another layout, without the rows, opens a second one beside it. Calls `forget` when the
 * connection closes, so that the caller opens another.
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
