import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { beforeEach, describe, expect, it } from 'vitest';
import { remove, type RemovalEnv } from '../../../src/removal/remove';

const SCOPE = 'https://map.example/app/';
const own = `tile-cache-v1:${encodeURIComponent(SCOPE)}:`;
const other = `tile-cache-v1:${encodeURIComponent('https://map.example/')}:`;

let databases: IDBFactory;
beforeEach(() => (databases = new IDBFactory()));

const open = (name: string) =>
  new Promise<IDBDatabase>((resolve) => {
    const request = databases.open(name);
    request.onsuccess = () => resolve(request.result);
  });

function browser(names: string[], env: Partial<RemovalEnv> = {}) {
  const caches = new Set(names);
  const asked: unknown[] = [];
  const registrations = [SCOPE, 'https://map.example/'].map((scope) => ({
    scope,
    unregistered: false,
    active: {
      postMessage: (message: unknown, [port]: [MessagePort]) => {
        asked.push(message);
        port.postMessage('stopped');
      },
    },
    unregister() {
      this.unregistered = true;
      return Promise.resolve(true);
    },
  }));
  const full: RemovalEnv = {
    container: {
      getRegistration: async () => registrations[0] as never,
      getRegistrations: async () => registrations as never,
    },
    caches: { keys: async () => [...caches], delete: async (name) => caches.delete(name) },
    indexedDB: databases,
    records: undefined,
    channel: () => new MessageChannel(),
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms / 20)),
    href: 'https://map.example/app/index.html',
    ...env,
  };
  return { env: full, caches, registrations, asked };
}

const recordsOf = (items: Map<string, string>) => ({
  get length() {
    return items.size;
  },
  key: (index: number) => [...items.keys()][index] ?? null,
  getItem: (name: string) => items.get(name) ?? null,
  setItem: (name: string, value: string) => void items.set(name, value),
  removeItem: (name: string) => void items.delete(name),
});

describe('removeTileCache', () => {
  it('unregisters the page’s worker and deletes the package’s data in any format, and nothing else', async () => {
    const { env, caches, registrations, asked } = browser([
      `${own}roads@1`,
      `tile-cache-v0:${encodeURIComponent(SCOPE)}:roads@`,
      `${other}roads@1`,
      'workbox-precache',
      'tile-cache-mine',
    ]);
    for (const name of [
      `tile-cache-ledger:${SCOPE}`,
      `tile-cache-index:${SCOPE}`,
      'tile-cache-rum',
      'app',
      'x:tile-cache',
    ])
      (await open(name)).close();
    (await open('tile-cache-ledger:https://map.example/')).close();
    const removed = await remove({}, env);
    expect(removed).toEqual({
      unregistered: SCOPE,
      caches: [`${own}roads@1`, `tile-cache-v0:${encodeURIComponent(SCOPE)}:roads@`],
      databases: expect.arrayContaining([`tile-cache-ledger:${SCOPE}`, `tile-cache-index:${SCOPE}`, 'tile-cache-rum']),
      pending: [],
    });
    expect([...caches]).toEqual([`${other}roads@1`, 'workbox-precache', 'tile-cache-mine']);
    const left = (await databases.databases()).map(({ name }) => name);
    expect(left.sort()).toEqual(['app', 'tile-cache-ledger:https://map.example/', 'x:tile-cache']);
    expect(registrations.map(({ unregistered }) => unregistered)).toEqual([true, false]);
    expect(asked).toEqual([{ type: 'TILE_STOP' }]);
  });

  it('of another scope, by name', async () => {
    const { env, registrations } = browser([`${own}roads@1`, `${other}roads@1`]);
    expect(await remove({ scope: '/' }, env)).toMatchObject({ caches: [`${other}roads@1`] });
    expect(registrations.map(({ unregistered }) => unregistered)).toEqual([false, true]);
  });

  it('keeps a worker that does more', async () => {
    const { env, registrations } = browser([`${own}roads@1`]);
    expect(await remove({ keepWorker: true }, env)).toMatchObject({
      unregistered: undefined,
      caches: [`${own}roads@1`],
    });
    expect(registrations[0]!.unregistered).toBe(false);
  });

  it('does not wait for a worker that does not answer, nor for a database that another page has open', async () => {
    const { env, registrations } = browser([`${own}roads@1`]);
    registrations[0]!.active.postMessage = () => {};
    const held = await open(`tile-cache-ledger:${SCOPE}`);
    const removed = await remove({}, env);
    expect(removed).toMatchObject({ caches: [`${own}roads@1`], pending: [`tile-cache-ledger:${SCOPE}`] });
    held.close();
  });

  it.each([{}, { scope: SCOPE }])(
    'keeps off a worker of the app, which has taken the place of ours: %j',
    async (options) => {
      const { env, registrations } = browser([`${other}roads@1`, 'workbox-precache']);
      (await open('tile-cache-ledger:https://map.example/')).close();
      registrations[0]!.active.postMessage = () => {};
      expect(await remove(options, env)).toMatchObject({ unregistered: undefined, caches: [], databases: [] });
      expect(registrations[0]!.unregistered).toBe(false);
    },
  );

  it.each(['a cache', 'a database'])('knows a worker of ours that says nothing by %s of its own', async (what) => {
    const { env, registrations } = browser(what === 'a cache' ? [`${own}roads@1`] : []);
    if (what === 'a database') (await open(`tile-cache-ledger:${SCOPE}`)).close();
    registrations[0]!.active.postMessage = () => {};
    expect(await remove({}, env)).toMatchObject({ unregistered: SCOPE });
  });

  it('asks again to unregister a hanging worker whose storage is gone', async () => {
    const records = recordsOf(new Map());
    const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms / 500));
    const { env, registrations } = browser([`${own}roads@1`], { records, wait });
    const [hanging] = registrations as [(typeof registrations)[0]];
    hanging.active.postMessage = () => {};
    const { unregister } = hanging;
    hanging.unregister = () => new Promise(() => {});
    expect(await remove({}, env)).toMatchObject({ unregistered: undefined, caches: [`${own}roads@1`] });
    hanging.unregister = unregister;
    expect(await remove({}, env)).toMatchObject({ unregistered: SCOPE });
    hanging.unregistered = false;
    expect(await remove({}, env)).toMatchObject({ unregistered: undefined });
    expect([hanging.unregistered, records.length]).toEqual([false, 0]);
  });

  it('does not wait for an unregistration that the browser never ends', async () => {
    const { env, caches, registrations } = browser([`${own}roads@1`]);
    registrations[0]!.unregister = () => new Promise(() => {});
    expect(await remove({}, env)).toMatchObject({ unregistered: undefined, caches: [`${own}roads@1`] });
    expect([...caches]).toEqual([]);
  });

  it('deletes databases by name if the browser cannot list them', async () => {
    const { env } = browser([]);
    (await open(`tile-cache-ledger:${SCOPE}`)).close();
    env.indexedDB = { deleteDatabase: databases.deleteDatabase.bind(databases) };
    const { databases: gone } = await remove({}, env);
    expect(gone).toContain(`tile-cache-ledger:${SCOPE}`);
    expect(await databases.databases()).toEqual([]);
  });

  it('resolves if there is nothing, or if storage is forbidden', async () => {
    const none = { unregistered: undefined, caches: [], databases: [], pending: [] };
    const { env } = browser([], { container: undefined, caches: undefined });
    delete env.indexedDB;
    expect(await remove({}, env)).toEqual(none);
    const forbidden = browser([], {
      container: undefined,
      caches: { keys: () => Promise.reject(new Error('SecurityError')), delete: async () => false },
    });
    delete forbidden.env.indexedDB;
    expect(await remove({}, forbidden.env)).toEqual(none);
  });

  it('deletes what tabs share, and nothing of the app', async () => {
    const items = new Map([
      ['tile-cache:abc', '1'],
      ['app', '1'],
    ]);
    await remove({}, browser([], { records: recordsOf(items) }).env);
    expect([...items.keys()]).toEqual(['app']);
  });

  it.each([[{ scope: 5 }], [{ scope: 'http://[' }], [null]])(
    'refuses %j before anything is removed',
    async (options) => {
      const { env, caches } = browser([`${own}roads@1`]);
      await expect(remove(options as never, env)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
      expect(caches.size).toBe(1);
    },
  );
});
