import { AsyncLocalStorage } from 'node:async_hooks';
import { IDBFactory, IDBOpenDBRequest as FakeRequest } from 'fake-indexeddb';

/** The databases of a browser over several lives of a worker. */
export interface Databases {
  /** Runs code in one life of the worker. Everything that it awaits belongs to this life. */
  run<T>(life: number, work: () => T): T;
  /** If true, no request to open a database is answered from now on. */
  hangs: boolean;
  /** Makes each call throw from now on, or makes each write fail because storage is full. */
  fails?: 'always' | 'full' | undefined;
  /** Number of unfinished transactions. */
  readonly busy: number;
  /** Number of calls that hung or failed. */
  refused: number;
  /** Returns the number of rows in all stores of all databases. */
  rows(): Promise<number>;
  /** Deletes all databases, as a browser may. */
  lose(): void;
  release(): void;
}

const ended = <T>(request: IDBRequest<T>) =>
  new Promise<T>((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('failed'));
  });

/**
 * Uses real transactions of a fake IndexedDB. A stopped worker starts no further transaction. A hanging call is a real
 * request whose events nobody receives.
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
    release() {
      globalThis.indexedDB = original;
      // Each promise that is made pays for each storage that is in use.
      lives.disable();
    },
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
