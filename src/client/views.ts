import type { BBox, TileId } from '../shared/tile';
import { boundsHold, tileBounds } from '../shared/tile-math';

/** Where a page's map looks at a layer. */
export interface PageView {
  layer: string;
  zoom: number;
  bbox: BBox;
  /** Which of the page's maps of the layer. */
  map?: string;
  /** The map is gone. */
  closed?: true;
}

/** A tile's use, as a worker credits it. */
interface Credited {
  layer: string;
  tile?: TileId;
  /** Asked for by a web worker, which may be another page's. */
  guessed?: true;
}

/**
 * What this page told the worker of its views. A worker that was stopped has forgotten them, and a map that stands still
 * tells nothing more: `again` tells them to the next one.
 */
export function createViews(post: (view: PageView) => void) {
  const views = new Map<string, PageView>();
  const again = () => views.forEach(post);
  return {
    again,
    set(view: PageView): void {
      const id = `${view.layer} ${view.map ?? ''}`;
      if (view.closed) views.delete(id);
      else views.set(id, view);
      post(view);
    },
    /** Without what another page's map must have asked for: this page's looks elsewhere. The worker did not know, and hears. */
    own<T extends Credited>(uses: readonly T[]): T[] {
      const mine = uses.filter(({ layer, tile, guessed }) => {
        const maps = guessed && tile ? [...views.values()].filter((view) => view.layer === layer) : [];
        return (
          maps.length === 0 ||
          maps.some(({ zoom, bbox }) => tile!.z <= zoom + 1.5 && boundsHold(tileBounds(bbox, tile!.z, 1), tile!))
        );
      });
      if (mine.length < uses.length) again();
      return mine;
    },
  };
}
