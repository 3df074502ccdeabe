import type { Clocks } from '../screen/elapsed';
import { factsOf, recordUse, recordValidation, type TileRecord } from '../screen/tile-facts';
import type { TileStatus } from '../shared/tile-use';
import type { TileId } from '../shared/tile';
import type { BindingClient } from './binding';
import { tileKey } from './tile-key';

/** How old a tile is that the map shows, and how it came. */
export interface TileAge {
  /** Seconds, now. */
  age: number;
  /** How the worker answered it last. */
  status: TileStatus;
  /** The version that there is evidence for. */
  version?: string;
  /** Bytes of its body, where the worker told. */
  bytes?: number;
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

/** A timer that nobody sets tells what time went by; the clock alone would make tiles decades old once it is set right. */
const CLOCKS: Clocks = { now: () => Date.now(), monotonic: () => performance.now() };

/**
 * Listens to what tiles the page used. A failed request says nothing about the tile that is still shown, a validation behind
 * the answer does. A tile of an age that nobody knows is none that is known.
 */
export function createAgeBook(
  client: Pick<BindingClient, 'on'>,
  layer: string,
  now?: () => number,
  clocks: Clocks = now ? { now } : CLOCKS,
): AgeBook {
  const book = new Map<string, TileRecord>();
  const stop = client.on('used', ({ uses, validations = [] }) => {
    for (const use of uses) {
      if (use.layer !== layer || !use.tile) continue;
      const key = tileKey(use.tile);
      const before = book.get(key);
      book.delete(key);
      book.set(key, recordUse(before, use, clocks));
      if (book.size > MAX_TILES) book.delete(book.keys().next().value!);
    }
    for (const validation of validations) {
      const { layer: of, tile } = validation;
      const before = of === layer && tile ? book.get(tileKey(tile)) : undefined;
      if (before && tile) book.set(tileKey(tile), recordValidation(before, validation, clocks));
    }
  });
  return {
    of(tile) {
      const record = book.get(tileKey(tile));
      if (!record) return undefined;
      const { age, status, version, bytes } = factsOf(record, clocks);
      if (age === undefined) return undefined;
      return { age, status, ...(version !== undefined && { version }), ...(bytes !== undefined && { bytes }) };
    },
    wanting: (tile) => ['stale', 'error'].includes(book.get(tileKey(tile))?.status ?? ''),
    stop,
  };
}
