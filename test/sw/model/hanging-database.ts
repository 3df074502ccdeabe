import { AsyncLocalStorage } from 'node:async_hooks';
import { IDBFactory, IDBOpenDBRequest as FakeRequest } from 'fake-indexeddb';

/** The databases of a browser over several lives of one worker. */
export interface Databases {
  /** Runs code of the given life: what it awaits belongs to that life. */
  run<T>(life: number, work: () => T): T;
  /** From now on no database answers a request to open it. */
  hangs: boolean;
  /** From now on each call throws, or each write fails for want of room. */
  fails?: 'always' | 'full' | undefined;
  /** Transactions that are not over. */
  readonly busy: number;
  /** Calls that hung or failed. */
  refused: number;
  /** Rows of all stores of all databases. */
  rows(): Promise<number>;
  /** The browser drops them all. */
  lose(): void;
  release(): void;
}

const ended = <T>(request: IDBRequest<T>) =>
  new Promise<T>((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('failed'));
  });

/**
 * Real transactions of a fake IndexedDB. A worker that was stopped begins no further one, and what hangs is a real
 * request of which nobody hears.
 */
export function installDatabases(currentLife: () => number): Databases {
  const lives = new AsyncLocalStorage<number>();
  const isDead = () => lives.getStore() !== currentLife();
  let factory = new IDBFactory();
  const original = globalThis.indexedDB;
  let busy = 0;
  const databases: Databases = {
    refused: 0,
    get busy() {
      return busy;
    },
    run: (life, work) => lives.run(life, work),
    hangs: false,
    async rows() {
      let rows = 0;
      for (const { name = '' } of await factory.databases()) {
        const db = await ended(factory.open(name));
        for (const store of db.objectStoreNames) rows += await ended(db.transaction(store).objectStore(store).count());
        db.close();
      }
      return rows;
    },
    lose: () => void (factory = new IDBFactory()),
    release: () => void (globalThis.indexedDB = original),
  };
  const mortal = (request: IDBOpenDBRequest) => {
    busy += 1;
    for (const end of ['success', 'error']) request.addEventListener(end, () => (busy -= 1));
    request.addEventListener('success', () => {
      const connection = request.result;
      const transaction = connection.transaction.bind(connection);
      connection.transaction = (...args) => {
        if (isDead()) throw new DOMException('the worker was stopped', 'InvalidStateError');
        if (databases.fails === 'always') {
          databases.refused += 1;
          throw new DOMException('the database is broken', 'UnknownError');
        }
        const begun = transaction(...args);
        busy += 1;
        for (const end of ['complete', 'abort']) begun.addEventListener(end, () => (busy -= 1));
        if (databases.fails === 'full' && begun.mode === 'readwrite') {
          databases.refused += 1;
          queueMicrotask(() => begun.abort());
        }
        return begun;
      };
    });
    return request;
  };
  globalThis.indexedDB = {
    open(name: string, version?: number) {
      if (databases.fails === 'always' || databases.hangs) databases.refused += 1;
      if (databases.fails === 'always') throw new DOMException('the database is broken', 'UnknownError');
      return isDead() || databases.hangs ? new FakeRequest() : mortal(factory.open(name, version));
    },
    deleteDatabase: (name: string) => factory.deleteDatabase(name),
    databases: () => factory.databases(),
    cmp: (a: unknown, b: unknown) => factory.cmp(a, b),
  } as unknown as IDBFactory;
  return databases;
}
