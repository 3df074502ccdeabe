import { parseCacheName } from '../store/cache-name';
import { globalTimers, type Timers } from '../util/deadline';
import { createIndexDatabase, type CacheTotals, type IndexRow } from './index-database';
import { dropSlice, removeRows, writeRows } from './row-writes';

/** A stored tile as a hit has it at hand. */
export interface Touched {
  cacheName?: string;
  key?: string;
  headers: Headers;
}

/** Sizes and last use, written behind in batches. Nothing here ever rejects: without an index, less is evicted. */
export interface TileIndex {
  /** Notes a stored tile, used now unless the row says when; written with the next batch. */
  stored(row: Omit<IndexRow, 'id' | 'usedAt'> & { usedAt?: number }): void;
  /** Notes a use; written along with a later batch. Costs no transaction of its own, and next to nothing at the hit. */
  touched(tile: Touched): void;
  /** Writes what is pending. */
  flush(): Promise<void>;
  /** True, once, after the index was lost or could not be written: there may be bodies without a row. */
  takeDrift(): boolean;
  /** By cache name, as far as written. */
  totals(): Promise<Map<string, CacheTotals>>;
  /** The least recently used rows of a layer ('' for any) or of one cache. */
  oldest(where: { layer: string } | { cacheName: string } | undefined, count: number): Promise<IndexRow[]>;
  remove(rows: readonly IndexRow[]): Promise<void>;
  /** Rows after an id, in the order of ids, up to `last`. */
  after(id: string, last: string, count: number): Promise<IndexRow[]>;
  /** Forgets all rows of deleted caches, in slices. */
  drop(cacheNames: readonly string[]): Promise<void>;
}

/** Touches kept until a batch takes them along; the oldest are forgotten. */
const MAX_TOUCHES = 2000;

export function createTileIndex({
  scope,
  now,
  timers = globalTimers,
}: {
  scope: string;
  now: () => number;
  timers?: Timers;
}): TileIndex {
  let drifted = false;
  const pending = new Map<string, IndexRow>();
  // By their headers: the tiles themselves would hold their bodies in memory.
  const touches = new Map<Headers, IndexRow>();
  let writing: Promise<void> = Promise.resolve();

  const attempt = createIndexDatabase(scope, timers, () => (drifted = true));

  const write = (rows: IndexRow[], used: IndexRow[]) =>
    attempt(async (connection) => {
      await writeRows(connection, rows, used);
      return true;
    }, false);

  return {
    takeDrift() {
      const was = drifted;
      drifted = false;
      return was;
    },
    stored(row) {
      const id = `${row.cacheName} ${row.key}`;
      pending.set(id, { usedAt: now(), ...row, id });
    },
    touched({ cacheName, key, headers }) {
      if (cacheName === undefined || key === undefined) return;
      if (touches.size >= MAX_TOUCHES && !touches.has(headers)) touches.delete(touches.keys().next().value as Headers);
      // What the row says besides is worked out when it is written.
      touches.set(headers, { id: '', cacheName, key, layer: '', bytes: 0, usedAt: now() });
    },
    flush() {
      if (pending.size + touches.size === 0) return writing;
      const rows = [...pending.values()];
      // Each once, though it was read from the store several times.
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
    oldest: (where, count) =>
      attempt(async (connection) => {
        if (!where) return connection.getAllFromIndex('tiles', 'used', undefined, count);
        const name = 'layer' in where ? where.layer : where.cacheName;
        return connection.getAllFromIndex(
          'tiles',
          'layer' in where ? 'layer' : 'cache',
          IDBKeyRange.bound([name], [name, []]),
          count,
        );
      }, []),
    after: (id, last, count) =>
      attempt((connection) => connection.getAll('tiles', IDBKeyRange.bound(id, last, true), count), []),
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

/** The row of a tile that was used, with what its headers say of its size. */
function rowOf(headers: Headers, touch: IndexRow): IndexRow[] {
  const { cacheName, key } = touch;
  const name = parseCacheName(cacheName);
  return name
    ? [{ ...touch, id: `${cacheName} ${key}`, layer: name.layer, bytes: Number(headers.get('content-length')) || 0 }]
    : [];
}
