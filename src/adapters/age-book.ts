import type { TileStatus } from '../shared/protocol';
import type { TileId } from '../shared/tile';
import type { BindingClient } from './binding';
import { tileKey } from './tile-key';

/** How old a tile is that the map shows, and how it came. */
export interface TileAge {
  /** Seconds, now. */
  age: number;
  status: TileStatus;
  version?: string;
}

/** Remembers of each tile how old it was when it was last used. */
export interface AgeBook {
  of(tile: TileId): TileAge | undefined;
  /** True for what is shown, or missing, for want of a network: it is worth another look when there is one again. */
  wanting(tile: TileId): boolean;
  stop(): void;
}

/** Tiles remembered; the longest unused go first. */
const MAX_TILES = 5000;

/** Listens to what tiles the page used. A failed request says nothing about the tile that is still shown. */
export function createAgeBook(client: Pick<BindingClient, 'on'>, layer: string, now: () => number = Date.now): AgeBook {
  // Without `bornAt` the tile never came.
  const book = new Map<string, { bornAt: number | undefined; status: TileStatus; version?: string }>();
  const stop = client.on('used', ({ uses }) => {
    for (const { layer: of, tile, status, age, version } of uses) {
      if (of !== layer || !tile) continue;
      const key = tileKey(tile);
      const before = book.get(key);
      book.delete(key);
      const bornAt = status === 'error' ? before?.bornAt : now() - age * 1000;
      book.set(key, { bornAt, status, ...(version !== undefined && { version }) });
      if (book.size > MAX_TILES) book.delete(book.keys().next().value!);
    }
  });
  return {
    of(tile) {
      const entry = book.get(tileKey(tile));
      if (entry?.bornAt === undefined) return undefined;
      const { bornAt, ...rest } = entry;
      return { ...rest, age: Math.max(0, (now() - bornAt) / 1000) };
    },
    wanting: (tile) => ['stale', 'error'].includes(book.get(tileKey(tile))?.status ?? ''),
    stop,
  };
}
