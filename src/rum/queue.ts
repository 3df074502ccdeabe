import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { RumBatch } from '../shared/rum-schema';

/** A queue of batches that wait for the network. It survives page loads and restarts. */
export interface RumQueue {
  /** Adds a batch. Rejects if storage fails. */
  put(batch: RumBatch): Promise<void>;
  /**
   * Removes and returns the oldest batch, or resolves with `undefined`. Reads and deletes in one transaction, so that
   * only one of several tabs gets the batch. The caller must put it back if it cannot deliver it.
   */
  take(): Promise<RumBatch | undefined>;
}

/** Maximum number of batches; the queue drops the oldest first. */
export const MOST_BATCHES = 50;
/** Milliseconds after which the queue drops a batch: 7 days. */
export const OLDEST_BATCH = 7 * 86_400_000;

interface Row {
  id: string;
  /** A hash of the address that the batch goes to; the address itself may contain a secret. */
  target: string;
  at: number;
  batch: RumBatch;
}

interface Schema extends DBSchema {
  batches: { key: string; value: Row; indexes: { at: number } };
}

/** Creates a queue in a database of its own, for the batches of one `target`. */
export function createRumQueue(target: string, now: () => number, open = openQueue): RumQueue {
  let connection: Promise<IDBPDatabase<Schema>> | undefined;

  /** Runs `run`; if the browser closed the connection meanwhile, opens it again, once. */
  async function withDb<T>(run: (db: IDBPDatabase<Schema>) => Promise<T>): Promise<T> {
    try {
      return await run(await (connection ??= open()));
    } catch {
      connection = open();
      return run(await connection);
    }
  }

  return {
    put: (batch) =>
      withDb(async (db) => {
        const tx = db.transaction('batches', 'readwrite');
        await tx.store.put({ id: batch.id, target, at: batch.sentAt, batch });
        const keys = await tx.store.index('at').getAllKeys();
        for (const key of keys.slice(0, Math.max(0, keys.length - MOST_BATCHES))) await tx.store.delete(key);
        await tx.done;
      }),
    take: () =>
      withDb(async (db) => {
        const tx = db.transaction('batches', 'readwrite');
        const rows = await tx.store.index('at').getAll();
        // If the clock was set back, batches seem to come from the future. They count as new.
        const old = rows.filter(({ at }) => now() - at > OLDEST_BATCH);
        const row = rows.find((each) => each.target === target && !old.includes(each));
        for (const each of [...old, ...(row ? [row] : [])]) await tx.store.delete(each.id);
        await tx.done;
        return row?.batch;
      }),
  };
}

function openQueue(): Promise<IDBPDatabase<Schema>> {
  return openDB<Schema>('tile-cache-rum', 1, {
    upgrade(db) {
      db.createObjectStore('batches', { keyPath: 'id' }).createIndex('at', 'at');
    },
    blocking(_current, _blocked, event) {
      (event.target as IDBDatabase).close();
    },
  });
}
