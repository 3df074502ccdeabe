import type { IDBPDatabase } from 'idb';
import { openRows, type Schema } from './open-rows';

/** Creates the connection to the ledger's database. */
export function createConnection(name: string): [
  /** Runs work on the database. Retries once with a new connection, in case the browser has closed this one. */
  withRows: <T>(work: (db: IDBPDatabase<Schema>) => Promise<T>) => Promise<T>,
  /** Makes the next work open a new connection. */
  abandon: () => void,
] {
  let db: Promise<IDBPDatabase<Schema>> | undefined;

  const abandon = () => void (db = undefined);
  const open = () => {
    if (!db) {
      db = openRows(name, abandon);
      db.catch(abandon);
    }
    return db;
  };

  return [
    async (work) => {
      try {
        return await work(await open());
      } catch {
        abandon();
        return work(await open());
      }
    },
    abandon,
  ];
}
