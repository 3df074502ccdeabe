import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import { DeadlineMissed, type Timers, within } from '../util/deadline';
import { reportedByDone } from '../util/reported-by-done';

/** The index's row for a stored tile. Bodies do not depend on it: it may be lost or become inaccurate at any time. */
export interface IndexRow {
  /** The cache name and the key. */
  id: string;
  cacheName: string;
  key: string;
  layer: string;
  bytes: number;
  /** Epoch milliseconds of the last recorded use. */
  usedAt: number;
}

/** The contents of one cache according to its rows. */
export interface CacheTotals {
  tiles: number;
  bytes: number;
  layer: string;
  /** False if no tile under a token of its own was ever in the cache. */
  tokens?: boolean | undefined;
}

interface Schema extends DBSchema {
  tiles: { key: string; value: IndexRow; indexes: { used: number; layer: [string, number]; cache: [string, number] } };
  totals: { key: string; value: CacheTotals & { cacheName: string } };
}

/** Milliseconds to wait for a database before going on without it. */
const DEADLINE_MS = 5000;

/** Runs `work` on the index. Resolves with `otherwise` if there is no index or it does not answer. Never rejects. */
export type IndexDatabase = <T>(work: (connection: IDBPDatabase<Schema>) => Promise<T>, otherwise: T) => Promise<T>;

/**
 * Opens the index on first use, and once more if the connection was lost. Calls `onFresh` if the index is new and
 * empty.
 */
export function createIndexDatabase(scope: string, timers: Timers, onFresh: () => void): IndexDatabase {
  let db: Promise<IDBPDatabase<Schema> | undefined> | undefined;

  const open = () => {
    const forget = () => (db = undefined);
    // Open it with any version number, like the ledger: a later release may wait behind this one. A broken or forbidden
    // database means no index, not an error. The function is async because the call itself throws if storage is
    // forbidden.
    db ??= (async () =>
      openDB<Schema>(`tile-cache-index:${scope}`, undefined, {
        upgrade(fresh) {
          onFresh();
          for (const name of [...fresh.objectStoreNames]) fresh.deleteObjectStore(name);
          const tiles = fresh.createObjectStore('tiles', { keyPath: 'id' });
          tiles.createIndex('used', 'usedAt');
          tiles.createIndex('layer', ['layer', 'usedAt']);
          tiles.createIndex('cache', ['cacheName', 'usedAt']);
          fresh.createObjectStore('totals', { keyPath: 'cacheName' });
        },
        blocking: (_old, _new, event) => {
          (event.target as IDBDatabase).close();
          forget();
        },
        terminated: forget,
      }))().catch(() => undefined);
    return db;
  };

  return async (work, otherwise) => {
    for (let tries = 0; tries < 2; tries += 1) {
      const connection = await within(open(), DEADLINE_MS, timers).catch(() => undefined);
      if (!connection) break;
      try {
        return await within(work(connection), DEADLINE_MS, timers);
      } catch (error) {
        // "The connection is closing": open it again, once.
        db = undefined;
        if (error instanceof DeadlineMissed) break;
      }
    }
    return otherwise;
  };
}

/** An open index. */
export type IndexConnection = IDBPDatabase<Schema>;

interface TotalsStore {
  get(key: string): Promise<(CacheTotals & { cacheName: string }) | undefined>;
  put(value: CacheTotals & { cacheName: string }): Promise<unknown>;
}

/** Adds to the totals. They never fall below zero, however inaccurate the rows are. */
export async function addTotals(store: TotalsStore, sums: ReadonlyMap<string, CacheTotals>): Promise<void> {
  for (const [cacheName, { tiles, bytes, layer, tokens = false }] of sums) {
    const old = (await store.get(cacheName)) ?? { tiles: 0, bytes: 0, tokens };
    reportedByDone(
      store.put({
        cacheName,
        layer,
        tiles: Math.max(0, old.tiles + tiles),
        bytes: Math.max(0, old.bytes + bytes),
        tokens: tokens || old.tokens,
      }),
    );
  }
}
