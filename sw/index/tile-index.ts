import { parseCacheName } from '../store/cache-name';
import { globalTimers, type Timers } from '../util/deadline';
import { createBeside } from './beside';
import { createIndexDatabase, type CacheTotals, type IndexConnection, type IndexRow } from './index-database';
import { dropSlice, removeRows, writeRows } from './row-writes';

/** The properties of a stored tile that a hit provides. */
export interface Touched {
  cacheName?: string;
  key?: string;
  headers: Headers;
}

/**
 * Sizes and last uses of tiles, written later in batches. No method rejects: without an index, eviction removes less.
 */
export interface TileIndex {
  /** Records a stored tile, to be written with the next batch. `usedAt`: epoch milliseconds, by default now. */
  stored(row: Omit<IndexRow, 'id' | 'usedAt'> & { usedAt?: number }): void;
  /**
   * Records a use, to be written with a later batch. It needs no transaction of its own and costs a hit almost nothing.
   */
  touched(tile: Touched): void;
  /** Writes the pending rows. */
  flush(): Promise<void>;
  /** Returns true once after the index was lost or could not be written: there may be bodies without a row. */
  takeDrift(): boolean;
  /** Resolves with the totals by cache name, without pending rows. */
  totals(): Promise<Map<string, CacheTotals>>;
  /**
   * Resolves with up to `count` least recently used rows: of a layer, of a cache, or of all if `where` is undefined.
   */
  oldest(where: { layer: string } | { cacheName: string } | undefined, count: number): Promise<IndexRow[]>;
  remove(rows: readonly IndexRow[]): Promise<void>;
  /** Resolves with up to `count` rows after `id`, in the order of ids, up to `last`. */
  after(id: string, last: string, count: number): Promise<IndexRow[]>;
  /**
   * Resolves with rows of these caches whose keys begin like this, last used first; with none if the index does not
   * answer within a second.
   */
  beside(cacheNames: readonly string[], start: string): Promise<IndexRow[]>;
  /** Deletes all rows of deleted caches, in slices. */
  drop(cacheNames: readonly string[]): Promise<void>;
}

/** The most uses that wait for a batch. The oldest are dropped. */
const MAX_TOUCHES = 2000;

interface IndexTools {
  scope: string;
  now: () => number;
  timers?: Timers;
}

export function createTileIndex({ scope, now, timers = globalTimers }: IndexTools): TileIndex {
  let drifted = false;
  const pending = new Map<string, IndexRow>();
  // Keyed by headers, because references to the tiles would keep their bodies in memory.
  const touches = new Map<Headers, IndexRow>();
  let writing: Promise<void> = Promise.resolve();

  const attempt = createIndexDatabase(scope, timers, () => (drifted = true));

  const write = (rows: IndexRow[], used: IndexRow[]) =>
    attempt(async (connection) => {
      await writeRows(connection, rows, used);
      return true;
    }, false);

  const after = (id: string, last: string, count: number): Promise<IndexRow[]> =>
    attempt((connection) => connection.getAll('tiles', IDBKeyRange.bound(id, last, true), count), []);
  const beside = createBeside(attempt, after, timers);

  return {
    takeDrift() {
      const was = drifted;
      drifted = false;
      return was;
    },
    stored(row) {
      const id = `${row.cacheName} ${row.key}`;
      pending.set(id, { usedAt: now(), ...row, id });
      beside.stored(row);
    },
    touched({ cacheName, key, headers }) {
      if (cacheName === undefined || key === undefined) return;
      if (touches.size >= MAX_TOUCHES && !touches.has(headers)) touches.delete(touches.keys().next().value as Headers);
      // The other fields of the row are computed when it is written.
      touches.set(headers, { id: '', cacheName, key, layer: '', bytes: 0, usedAt: now() });
    },
    flush() {
      if (pending.size + touches.size === 0) return writing;
      const rows = [...pending.values()];
      // Write each tile once, even if it was read from the store several times.
      const byId = new Map<string, IndexRow>();
      for (const [headers, touch] of touches)
        for (const row of rowOf(headers, touch)) if (!pending.has(row.id)) byId.set(row.id, row);
      const used = [...byId.values()];
      pending.clear();
      touches.clear();
      writing = writing.then(async () => {
        drifted = !(await write(rows, used)) || drifted;
      });
      return writing;
    },
    totals: () =>
      attempt(
        async (connection) => new Map((await connection.getAll('totals')).map((row) => [row.cacheName, row])),
        new Map(),
      ),
    oldest: (where, count) => attempt((connection) => oldestRows(connection, where, count), []),
    after,
    beside: beside.find,
    remove(rows) {
      const gone = new Set(rows.map(({ id }) => id));
      for (const [headers, { cacheName, key }] of touches) if (gone.has(`${cacheName} ${key}`)) touches.delete(headers);
      return attempt((connection) => removeRows(connection, rows), undefined);
    },
    async drop(cacheNames) {
      for (const [id, row] of pending) if (cacheNames.includes(row.cacheName)) pending.delete(id);
      for (const [headers, touch] of touches) if (cacheNames.includes(touch.cacheName)) touches.delete(headers);
      for (const cacheName of cacheNames) {
        while (await attempt((connection) => dropSlice(connection, cacheName), false));
      }
    },
  };
}

/** The row of a used tile, with the size that its headers tell. */
function rowOf(headers: Headers, touch: IndexRow): IndexRow[] {
  const { cacheName, key } = touch;
  const name = parseCacheName(cacheName);
  return name
    ? [{ ...touch, id: `${cacheName} ${key}`, layer: name.layer, bytes: Number(headers.get('content-length')) || 0 }]
    : [];
}

/** Reads the least recently used rows of a layer, of a cache, or of all. */
async function oldestRows(connection: IndexConnection, where: Parameters<TileIndex['oldest']>[0], count: number) {
  if (!where) return connection.getAllFromIndex('tiles', 'used', undefined, count);
  const [index, name] = 'layer' in where ? (['layer', where.layer] as const) : (['cache', where.cacheName] as const);
  return connection.getAllFromIndex('tiles', index, IDBKeyRange.bound([name], [name, []]), count);
}
