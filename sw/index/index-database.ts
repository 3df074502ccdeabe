import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import { DeadlineMissed, type Timers, within } from '../util/deadline';

/** A stored tile as the index knows it. Bodies are right without it; it may be lost or drift at any time. */
export interface IndexRow {
  /** Cache name and key. */
  id: string;
  cacheName: string;
  key: string;
  layer: string;
  bytes: number;
  /** Epoch milliseconds of the last noted use. */
  usedAt: number;
}

/** What one cache holds, as far as its rows say. */
export interface CacheTotals {
  tiles: number;
  bytes: number;
  layer: string;
}

interface Schema extends DBSchema {
  tiles: { key: string; value: IndexRow; indexes: { used: number; layer: [string, number]; cache: [string, number] } };
  totals: { key: string; value: CacheTotals & { cacheName: string } };
}

/** Milliseconds after which a database that does not answer is gone on without. */
const DEADLINE_MS = 5000;

/** Works on the index; resolves with `otherwise` where there is none, or it does not answer. Never rejects. */
export type IndexDatabase = <T>(work: (connection: IDBPDatabase<Schema>) => Promise<T>, otherwise: T) => Promise<T>;

/** Opens the index when it is needed, and once more where the connection was lost. `onFresh`: it is new, and empty. */
export function createIndexDatabase(scope: string, timers: Timers, onFresh: () => void): IndexDatabase {
  let db: Promise<IDBPDatabase<Schema> | undefined> | undefined;

  const open = () => {
    const forget = () => (db = undefined);
    // As it is, like the ledger: a later release may wait behind this one. A broken or a forbidden database: no index, no error.
    // Asynchronous throughout: where storage is forbidden, the very call throws.
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
        // "The connection is closing": opened again, once.
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
  put?(value: CacheTotals & { cacheName: string }): Promise<unknown>;
}

/** Adds to the sums, which never fall below nothing however far rows had drifted. */
export async function addTotals(store: TotalsStore, sums: ReadonlyMap<string, CacheTotals>): Promise<void> {
  for (const [cacheName, { tiles, bytes, layer }] of sums) {
    const old = (await store.get(cacheName)) ?? { tiles: 0, bytes: 0 };
    void store.put?.({
      cacheName,
      layer,
      tiles: Math.max(0, old.tiles + tiles),
      bytes: Math.max(0, old.bytes + bytes),
    });
  }
}
