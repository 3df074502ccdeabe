import { createDoor } from '../store/door';
import { isOwnKey } from '../store/tile-key';
import type { Timers } from '../util/deadline';
import type { IndexDatabase, IndexRow } from './index-database';

/** Finds the tiles of a place that were stored under tokens of their own. */
export interface Beside {
  /** Notes a stored tile. */
  stored(row: Pick<IndexRow, 'cacheName' | 'key'>): void;
  /** As `TileIndex.beside`. */
  find(cacheNames: readonly string[], start: string): Promise<IndexRow[]>;
}

/** Milliseconds that a request waits for the index. */
const BESIDE_MS = 1000;
/** The most rows to read from each cache, and the most to return. */
const MAX_LISTED = 64;
const MAX_BESIDE = 4;

/** `after` reads rows as `TileIndex.after` does. */
export function createBeside(
  attempt: IndexDatabase,
  after: (id: string, last: string, count: number) => Promise<IndexRow[]>,
  timers: Timers,
): Beside {
  const door = createDoor(BESIDE_MS, timers);
  /** For each cache that was searched, whether it may hold tiles under tokens of their own. Most hold none. */
  const tokens = new Map<string, boolean>();

  async function list(name: string, start: string): Promise<IndexRow[]> {
    if (!tokens.has(name)) {
      // A cache without totals is empty.
      const told = await attempt(async (db) => (await db.get('totals', name)) ?? { tokens: false }, undefined);
      if (told && !tokens.has(name)) tokens.set(name, told.tokens ?? true);
    }
    return tokens.get(name) ? after(`${name} ${start}`, `${name} ${start}\uffff`, MAX_LISTED) : [];
  }

  return {
    stored({ cacheName, key }) {
      if (isOwnKey(key)) tokens.set(cacheName, true);
    },
    async find(cacheNames, start) {
      const lists = () => Promise.all(cacheNames.map((name) => list(name, start)));
      const rows = await door.through(lists).catch(() => []);
      return rows
        .flat()
        .sort((a, b) => b.usedAt - a.usedAt)
        .slice(0, MAX_BESIDE);
    },
  };
}
