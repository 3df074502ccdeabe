import type { Binding } from '../adapters/binding';
import type { TileBox } from '../adapters/supply';
import { tileKey } from '../screen/tile-key';
import { gapsOf } from '../vitals/cover';

/** The view at one moment. */
export interface View {
  box: TileBox;
  /** Milliseconds since the map last moved. */
  still: number;
  /** Whether every tile of the view is drawn, and none is being replaced. */
  complete: boolean;
}

/** Observes the view of a binding's map. */
export interface ViewWatch {
  /** Returns the view, or `undefined` while there is no map or the layer shows nothing. */
  look(): View | undefined;
  stop(): void;
}

/** Tiles that are remembered as missing at the origin. */
const MOST_GONE = 5000;

/** Watches the view. Calls `onMove` when the map shows another place or zoom. */
export function watchView(binding: Binding, now: () => number, onMove: () => void): ViewWatch {
  const gone = new Set<string>();
  let stopMove: (() => void) | undefined;
  let container: unknown;
  let place = '';
  let movedAt = now();

  const boxNow = () => {
    const camera = binding.supply.camera();
    return camera && binding.supply.box(camera);
  };
  /** Compares the positions, because libraries also report frames in which nothing moves. */
  const moved = () => {
    const box = boxNow();
    const next = box ? JSON.stringify(box) : '';
    if (next === place) return;
    place = next;
    movedAt = now();
    onMove();
  };
  /** Listens to the map that shows the layer now: the page may have moved the layer to another one. */
  const follow = () => {
    const view = binding.view();
    if (!stopMove || view?.container !== container) {
      stopMove?.();
      container = view?.container;
      stopMove = view?.onMove(moved);
    }
    moved();
  };
  const stopUsed = binding.client.on('used', ({ uses }) => {
    for (const { layer, tile, code } of uses) {
      if (layer !== binding.layer || !tile) continue;
      // The origin has no such tile, so the view must not wait for it.
      if (code === 204 || code === 404 || code === 410) gone.add(tileKey(tile));
      else if (code) gone.delete(tileKey(tile));
      if (gone.size > MOST_GONE) gone.delete(gone.values().next().value!);
    }
    if (uses.some(({ layer }) => layer === binding.layer)) follow();
  });

  return {
    look() {
      follow();
      const box = boxNow();
      const cover = binding.cover();
      if (!box || !cover || cover.wanted.length === 0) return undefined;
      const { missing } = gapsOf(cover, (tile) => gone.has(tileKey(tile)));
      return { box, still: now() - movedAt, complete: missing === 0 && !binding.updating };
    },
    stop() {
      stopMove?.();
      stopUsed();
    },
  };
}
