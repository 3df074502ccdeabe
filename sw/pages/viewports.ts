import { rangeHolds } from '../../src/shared/range';
import { zoomOf } from '../../src/shared/tile-place';
import type { ViewportMessage } from '../../src/shared/protocol';
import type { TileAddress } from '../../src/shared/tile-matcher';
import { BACKGROUND } from '../origin/limiter';

/** Where the maps look, as far as adapters told. */
export interface Viewports {
  set(clientId: string, view: Omit<ViewportMessage, 'type'>): void;
  /** 0: waited for and in view; 1: waited for; from `BACKGROUND` on: behind an answer; undefined: not wanted any more. */
  urgency(address: TileAddress, background: boolean): number | undefined;
}

const MAX_VIEWS = 64;
/** A view that was not renewed for so long is nobody's: milliseconds. */
const MAX_AGE = 300_000;

export function createViewports(now: () => number): Viewports {
  const views = new Map<string, Omit<ViewportMessage, 'type'> & { at: number }>();
  return {
    set(clientId, view) {
      const id = `${clientId} ${view.layer}`;
      views.delete(id);
      views.set(id, { ...view, at: now() });
      if (views.size > MAX_VIEWS) views.delete(views.keys().next().value as string);
    },
    urgency({ layer, place }, background) {
      const known = [...views.values()].filter(
        (view) => view.layer === layer.name && Math.abs(now() - view.at) < MAX_AGE,
      );
      const seen =
        !place ||
        known.some(
          (view) => Math.abs(view.zoom - zoomOf(place)) <= 1.5 && rangeHolds({ bbox: view.bbox, buffer: 1 }, place),
        );
      if (!background) return seen ? 0 : 1;
      if (known.length === 0) return BACKGROUND;
      return seen ? BACKGROUND : undefined;
    },
  };
}
