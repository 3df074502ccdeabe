import type { Binding } from '../adapters/binding';
import type { TileBox } from '../adapters/supply';
import { gapsOf } from '../vitals/cover';
import { createGoneTiles } from '../vitals/gone-tiles';

/** The view at one moment. */
export interface View {
  /** `undefined` if the layer has no tiles at this zoom. */
  box: TileBox | undefined;
  /** Milliseconds since the map last moved. */
  still: number;
  /** Whether every tile of the view is drawn, and none is being replaced. */
  complete: boolean;
}

/** Observes the view of a binding's map. */
export interface ViewWatch {
  /** Returns the view, or `undefined` while there is no map, or the layer is switched off or has nothing at this place. */
  look(): View | undefined;
  stop(): void;
}

/** Watches the view. Calls `onMove` when the map shows another place or zoom. */
export function watchView(binding: Binding, now: () => number, onMove: () => void): ViewWatch {
  const gone = createGoneTiles(binding.layer);
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
    gone.note(uses);
    if (uses.some(({ layer }) => layer === binding.layer)) follow();
  });

  return {
    look() {
      follow();
      const box = boxNow();
      const cover = box && binding.cover();
      if (box ? !cover?.wanted.length : !binding.supply.camera()) return undefined;
      const isFull = !cover || gapsOf(cover, gone.has).missing === 0;
      return { box, still: now() - movedAt, complete: isFull && !binding.updating };
    },
    stop() {
      stopMove?.();
      stopUsed();
    },
  };
}
