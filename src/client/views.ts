import type { BBox, TileCrs, TileId } from '../shared/tile';
import { boundsHold, tileBounds } from '../shared/tile-math';

/** Where a page's map looks at a layer. */
export interface PageView {
  layer: string;
  zoom: number;
  bbox: BBox;
  /** The name of the map among the page's maps of the layer. */
  map?: string;
  /** Set when the map is gone. */
  closed?: true;
  /** The grid of the map's tiles, if it is not Web Mercator. */
  crs?: TileCrs;
}

/** The use of a tile, as the worker attributes it to this page. */
interface Credited {
  layer: string;
  tile?: TileId;
  /** Set if a web worker requested the tile, possibly another page's. */
  guessed?: true;
}

/**
 * Remembers the views that this page has told the worker. A worker forgets them when it is stopped, and a map that does
 * not move sends no new one: `again` tells them to the next worker.
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
    /**
     * Returns the uses without those that belong to another page's map, because this page's map looks elsewhere. The
     * worker did not know this page's view, so the function tells it.
     */
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
