import type { Tile } from '../store/tile-store';
import type { ExchangePlan } from './exchange-plan';
import type { WriteKind, Written } from './replace-tile';
import type { TileWriter } from './tile-writer';
import type { WriteBehind } from './write-behind';

/** Decides whether and when to store the tile of one exchange. */
export interface Keeping {
  /** Call this when the body has come, or will not come. */
  came(): void;
  /**
   * Stores the tile. Resolves with `no` if nothing of this exchange is kept. Holds the write back while a view is seen
   * for the first time. Never rejects.
   */
  store(tile: Tile, kind: WriteKind): Promise<Written>;
  /** Keeps nothing of this exchange. */
  discard(): void;
  /** True while the tile is whole and has gone to the page, but is not stored yet. */
  readonly held: boolean;
  /** Stores the tile at once, because a caller waits for that. */
  hurry(): void;
}

export function createKeeping(
  plan: ExchangePlan,
  { writer, behind }: { writer: TileWriter; behind: WriteBehind },
): Keeping {
  // If something is stored, write the new tile at once: the next request must not get the tile that it replaces.
  const isFirst = plan.shownFirst && !plan.primary && plan.candidates.length === 0;
  const came = isFirst ? behind.begin() : () => {};
  let kept = !plan.noStore;
  let held = false;
  let hurry: () => void = () => {};
  const hurried = new Promise<void>((resolve) => (hurry = resolve));
  return {
    came,
    async store(tile, kind) {
      const write = async () => (kept ? writer.write(plan, tile, kind) : 'no');
      if (!isFirst || kind !== 'new' || !tile.bytes) return write();
      held = true;
      const written = await behind.run(tile.bytes.byteLength, hurried, write);
      held = false;
      return written;
    },
    discard: () => (kept = false),
    get held() {
      return held;
    },
    hurry,
  };
}
