import type { Clocks } from '../screen/elapsed';
import { factsOf, recordUse, recordValidation, type TileRecord } from '../screen/tile-facts';
import type { TileId } from '../shared/tile';
import type { BindingClient } from './binding-client';
import { tileKey } from '../screen/tile-key';
import type { TileAge } from './tile-age';

/** Remembers of each tile how old it was when it was last used. */
export interface AgeBook {
  of(tile: TileId): TileAge | undefined;
  /** True for what is shown, or missing, for want of a network: it is worth another look when there is one again. */
  wanting(tile: TileId): boolean;
  /**
   * True for what is shown although its origin failed, and for what nobody has confirmed half a minute after it was answered
   * stale; with `soon`, also before that. What is missing is none of these.
   */
  doubtful(tile: TileId, soon?: boolean): boolean;
  /** True while any tile, on the screen or not, is or may become doubtful. */
  readonly doubts: boolean;
  stop(): void;
}

/** Tiles remembered; the longest unused go first. */
const MAX_TILES = 5000;

/** Seconds in which a tile that was answered stale is validated behind its answer, or never. */
const VALIDATED_BY = 30;

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
