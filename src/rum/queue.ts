import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { RumBatch } from '../shared/rum-schema';

/** Batches that wait for the network, across pages and restarts. */
export interface RumQueue {
  /** Keeps a batch. Rejects when storage fails. */
  put(batch: RumBatch): Promise<void>;
  /**
   * Takes the oldest batch out, or resolves with `undefined`. Reading and deleting are one transaction, so that of
   * several tabs one gets it; it must be put back when it could not be delivered.
   */
  take(): Promise<RumBatch | undefined>;
}

/** Batches kept at most; the oldest go first. */
export const MOST_BATCHES = 50;
/** Milliseconds after which a batch is worth nothing any more: 7 days. */
export const OLDEST_BATCH = 7 * 86_400_000;

interface Row {
  id: string;
  /** Where it goes; hashed, an address may hold a secret. */
  target: string;
  at: number;
  batch: RumBatch;
}

interface Schema extends DBSchema {
  batches: { key: string; value: Row; indexes: { at: number } };
}

/** Creates a queue in a small database of its own, for batches of one `target`. */
export function createRumQueue(target: string, now: () => number, open = openQueue): RumQueue {
  let connection: Promise<IDBPDatabase<Schema>> | undefined;

  /** A connection that the browser closed is opened again, once. */
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
        // A clock that was set back makes batches of the future; they are as good as new.
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
