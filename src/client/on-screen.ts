import type { BBox, TileId } from '../shared/tile';
import { boundsHold, tileBounds } from '../shared/tile-math';

/** Zooms by which a map's tiles may differ from its own: large tiles are a zoom less, high pixel ratios one more. */
const NEAR = 1.5;

/**
 * Returns the remembered tiles, given in order of use, that a view shows: those inside it, at the zoom that was used
 * last there. If a source has no tiles of that zoom, returns those of the nearest zoom below.
 */
export function onScreen<T extends { tile: TileId }>(tiles: readonly T[], view: { zoom: number; bbox: BBox }): T[] {
  const within = tiles.filter(({ tile }) => boundsHold(tileBounds(view.bbox, tile.z), tile));
  const near = within.filter(({ tile }) => Math.abs(tile.z - view.zoom) <= NEAR);
  const below = within.map(({ tile }) => tile.z).filter((z) => z < view.zoom);
  const zoom = near.at(-1)?.tile.z ?? (below.length ? Math.max(...below) : undefined);
  return within.filter(({ tile }) => tile.z === zoom);
}
