import type { Tile } from '../store/tile-store';
import type { ExchangePlan } from './exchange-plan';
import type { WriteKind, Written } from './replace-tile';
import type { TileWriter } from './tile-writer';
import type { WriteBehind } from './write-behind';

/** Whether and when what one exchange brings is stored. */
export interface Keeping {
  /** The body is there, or will not come. */
  came(): void;
  /** Stores the tile, or `no` where nothing of this exchange is kept. Held back while a view is seen for the first time. Never rejects. */
  store(tile: Tile, kind: WriteKind): Promise<Written>;
  /** Nothing of it must be kept. */
  discard(): void;
  /** The tile is whole and has gone to the page; it is not stored yet. */
  readonly held: boolean;
  /** Somebody waits for it to be stored. */
  hurry(): void;
}

export function createKeeping(
  plan: ExchangePlan,
  { writer, behind }: { writer: TileWriter; behind: WriteBehind },
): Keeping {
  // Where something is stored, what comes is written at once: the next request must not get what it replaces.
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
