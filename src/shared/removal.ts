/** The part of IndexedDB that the removal uses. */
export interface Databases {
  databases?(): Promise<{ name?: string }[]>;
  deleteDatabase(name: string): { onsuccess: unknown; onerror: unknown; error: unknown };
}

/** The browser's storage to delete from; absent if it has no such storage, or forbids it. */
export interface Storages {
  caches?: { keys(): Promise<string[]>; delete(name: string): Promise<boolean> } | undefined;
  indexedDB?: Databases;
  wait: (ms: number) => Promise<void>;
}

/** The storage that was deleted. */
export interface RemovedStorage {
  /** Names of caches. */
  caches: string[];
  /** Names of databases. */
  databases: string[];
  /**
   * Databases that another page has open (the browser deletes them when that page is closed), and storage that the browser
   * did not delete.
   */
  pending: string[];
}

/** Milliseconds to wait for a deletion. */
const PATIENCE_MS = 3000;
/** The databases of a scope, for browsers that cannot list databases. */
const KNOWN = ['ledger', 'index', 'regions'];
const BEACONS = 'tile-cache-rum';

/** Deletes what the package has stored for a scope, in any storage format, and nothing else. Never rejects. */
export async function removeStored(storages: Storages, scope: string): Promise<RemovedStorage> {
  const { caches, indexedDB, wait } = storages;
  const removed: RemovedStorage = { caches: [], databases: [], pending: [] };
  const attempt = async (name: string, list: string[], work: () => Promise<unknown>) => {
    const late = wait(PATIENCE_MS).then(() => 'late');
    const result = await Promise.race([work(), late]).catch(() => 'failed');
    if (result === 'late' || result === 'failed') removed.pending.push(name);
    else if (result !== false) list.push(name);
  };
  for (const name of await cachesOf(storages, scope)) await attempt(name, removed.caches, () => caches!.delete(name));
  if (!indexedDB) return removed;
  for (const name of await databasesOf(indexedDB, scope))
    await attempt(name, removed.databases, () => deleteDatabase(indexedDB, name));
  return removed;
}

/**
 * Resolves with true if the package has stored something for a scope. Where the browser cannot list databases, only caches
 * tell. Never rejects.
 */
export async function hasStored(storages: Storages, scope: string): Promise<boolean> {
  const listed = await (async () => storages.indexedDB?.databases?.())().catch(() => undefined);
  return (await cachesOf(storages, scope)).length > 0 || !!listed?.some(({ name = '' }) => isDatabaseOf(name, scope));
}

async function cachesOf({ caches }: Storages, scope: string): Promise<string[]> {
  const names = await (async () => caches?.keys())().catch(() => undefined);
  return (names ?? []).filter((name) => isCacheOf(name, scope));
}

const isDatabaseOf = (name: string, scope: string) => /^tile-cache-[a-z]+:/.test(name) && name.endsWith(`:${scope}`);

/** Returns true for `tile-cache-v1:<scope>:…`, with the scope percent-encoded. */
function isCacheOf(name: string, scope: string): boolean {
  const [format = '', encoded] = name.split(':');
  if (!/^tile-cache-v\d+$/.test(format) || encoded === undefined) return false;
  try {
    return decodeURIComponent(encoded) === scope;
  } catch {
    return false;
  }
}

async function databasesOf(indexedDB: Databases, scope: string): Promise<string[]> {
  const isOurs = (name: string) => name === BEACONS || isDatabaseOf(name, scope);
  try {
    const listed = (await indexedDB.databases?.()) ?? [];
    if (listed.length > 0) return listed.flatMap(({ name }) => (name !== undefined && isOurs(name) ? [name] : []));
  } catch {
    // The browser does not list databases: delete them by their known names.
  }
  return [...KNOWN.map((word) => `tile-cache-${word}:${scope}`), BEACONS];
}

const deleteDatabase = (indexedDB: Databases, name: string) =>
  new Promise<void>((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error ?? new Error('not deleted'));
  });
