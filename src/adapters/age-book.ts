import type { Clocks } from '../screen/elapsed';
import { factsOf, recordUse, recordValidation, type TileRecord } from '../screen/tile-facts';
import type { TileId } from '../shared/tile';
import type { BindingClient } from './binding-client';
import { tileKey } from '../screen/tile-key';
import type { TileAge } from './tile-age';

/** Remembers how old each tile was when the map last used it. */
export interface AgeBook {
  of(tile: TileId): TileAge | undefined;
  /**
   * Returns true if the worker answered the tile without a fresh response, or failed: once there is a network again,
   * the binding should request it again.
   */
  wanting(tile: TileId): boolean;
  /**
   * Returns true if the map shows the tile although its origin failed, or if nobody has confirmed it half a minute
   * after the worker answered it stale; with `soon`, also before that. Returns false for a missing tile.
   */
  doubtful(tile: TileId, soon?: boolean): boolean;
  /** True while any tile, on the screen or not, is doubtful or may become so. */
  readonly doubts: boolean;
  stop(): void;
}

/** Maximum number of tiles; the book forgets those that were unused for the longest time. */
const MAX_TILES = 5000;

/** Seconds within which the worker validates a tile that it has answered stale. */
const VALIDATED_BY = 30;

/**
 * Time passes by a timer that nobody sets. With the clock alone, tiles would become decades old when somebody corrects
 * it.
 */
const CLOCKS: Clocks = { now: () => Date.now(), monotonic: () => performance.now() };

/**
 * Creates a book that listens to the page's tile uses. A failed request says nothing about the tile that the map still
 * shows; a validation does. A tile whose age is unknown counts as unknown.
 */
export function createAgeBook(
  client: Pick<BindingClient, 'on'>,
  layer: string,
  now?: () => number,
  clocks: Clocks = now ? { now } : CLOCKS,
): AgeBook {
  const book = new Map<string, TileRecord>();
  const doubts = new Set<string>();
  const keep = (key: string, record: TileRecord) => {
    book.set(key, record);
    if ((record.failed || record.status === 'stale') && !record.missing) doubts.add(key);
    else doubts.delete(key);
  };
  const stop = client.on('used', ({ uses, validations = [] }) => {
    for (const use of uses) {
      if (use.layer !== layer || !use.tile) continue;
      const key = tileKey(use.tile);
      const before = book.get(key);
      book.delete(key);
      keep(key, recordUse(before, use, clocks));
      if (book.size <= MAX_TILES) continue;
      const oldest = book.keys().next().value!;
      book.delete(oldest);
      doubts.delete(oldest);
    }
    for (const validation of validations) {
      const { layer: of, tile } = validation;
      const before = of === layer && tile ? book.get(tileKey(tile)) : undefined;
      if (before && tile) keep(tileKey(tile), recordValidation(before, validation, clocks));
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
    doubtful(tile, soon = false) {
      const key = tileKey(tile);
      if (!doubts.has(key)) return false;
      const { failed, since } = factsOf(book.get(key)!, clocks);
      return soon || failed === true || since > VALIDATED_BY;
    },
    get doubts() {
      return doubts.size > 0;
    },
    stop,
  };
}
