import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import { type Timers, within } from '../util/deadline';
import type { RegionRecord, StagedTile } from './records';

interface Schema extends DBSchema {
  regions: { key: string; value: RegionRecord };
  staged: { key: [region: string, block: string, key: string]; value: StagedTile };
}

/** Runs work on the database of regions. Rejects when the database does, or does not answer in time. */
export interface RegionDatabase {
  run<T>(work: (connection: IDBPDatabase<Schema>) => Promise<T>): Promise<T>;
  /** Refuses all further work. */
  close(): void;
}

/** Milliseconds after which a database that does not answer is given up. */
const DEADLINE_MS = 5000;

/** Opens the database with the first work, and anew when the browser has closed it. */
export function openRegionDatabase(scope: string, timers: Timers): RegionDatabase {
  let db: Promise<IDBPDatabase<Schema>> | undefined;
  let closed = false;

  const open = () => {
    const forget = () => (db = undefined);
    db ??= openDB<Schema>(`tile-cache-regions:${scope}`, 1, {
      upgrade(fresh) {
        fresh.createObjectStore('regions', { keyPath: 'id' });
        fresh.createObjectStore('staged', { keyPath: ['region', 'block', 'key'] });
      },
      blocking: (_old, _new, event) => {
        (event.target as IDBDatabase).close();
        forget();
      },
      terminated: forget,
    });
    db.catch(forget);
    return db;
  };

  return {
    async run(work) {
      const attempt = async () => {
        if (closed) throw new Error('closed');
        return work(await open());
      };
      try {
        return await within(attempt(), DEADLINE_MS, timers);
      } catch {
        // "The connection is closing": open the database again, once.
        db = undefined;
        return within(attempt(), DEADLINE_MS, timers);
      }
    },
    close: () => void (closed = true),
  };
}
