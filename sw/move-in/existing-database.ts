import { type IDBPDatabase, openDB } from 'idb';
import { type Timers, within } from '../util/deadline';
import { READ_MS } from './source';

/**
 * Opens another program's database without changing it. Resolves with `undefined` if the database or the store does not
 * exist.
 */
export async function openExisting(
  name: string,
  store: string,
  timers: Timers,
): Promise<IDBPDatabase<unknown> | undefined> {
  let made = false;
  const opening = openDB(name, undefined, {
    upgrade(_database, _before, _after, transaction) {
      made = true;
      transaction.done.catch(() => {});
      // There is no such database: aborting its first version removes it again.
      transaction.abort();
    },
    blocking: (_before, _after, event) => (event.target as IDBDatabase).close(),
  });
  try {
    const connection = await within(opening, READ_MS, timers);
    if (connection.objectStoreNames.contains(store)) return connection;
    connection.close();
    return undefined;
  } catch (error) {
    // The abort rejects `opening`.
    if (made) return undefined;
    throw error;
  }
}
