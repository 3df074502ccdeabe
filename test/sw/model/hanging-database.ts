import { AsyncLocalStorage } from 'node:async_hooks';
import { IDBFactory, IDBOpenDBRequest as FakeRequest } from 'fake-indexeddb';

/** The databases of a browser over several lives of one worker. */
export interface Databases {
  /** Runs code of the given life: what it awaits belongs to that life. */
  run<T>(life: number, work: () => T): T;
  /** From now on no database answers a request to open it. */
  hangs: boolean;
  /** The browser drops them all. */
  lose(): void;
  release(): void;
}

/**
 * Real transactions of a fake IndexedDB. A worker that was stopped begins no further one, and what hangs is a real
 * request of which nobody hears.
 */
export function installDatabases(currentLife: () => number): Databases {
  const lives = new AsyncLocalStorage<number>();
  const isDead = () => lives.getStore() !== currentLife();
  let factory = new IDBFactory();
  const original = globalThis.indexedDB;
  const databases: Databases = {
    run: (life, work) => lives.run(life, work),
    hangs: false,
    lose: () => void (factory = new IDBFactory()),
    release: () => void (globalThis.indexedDB = original),
  };
  const mortal = (request: IDBOpenDBRequest) => {
    request.addEventListener('success', () => {
      const connection = request.result;
      const transaction = connection.transaction.bind(connection);
      connection.transaction = (...args) => {
        if (isDead()) throw new DOMException('the worker was stopped', 'InvalidStateError');
        return transaction(...args);
      };
    });
    return request;
  };
  globalThis.indexedDB = {
    open: (name: string, version?: number) =>
      isDead() || databases.hangs ? new FakeRequest() : mortal(factory.open(name, version)),
    deleteDatabase: (name: string) => factory.deleteDatabase(name),
    databases: () => factory.databases(),
    cmp: (a: unknown, b: unknown) => factory.cmp(a, b),
  } as unknown as IDBFactory;
  return databases;
}
