import { createMoveIn } from './move-in/move-in';
import type { MoveInPlugin } from './move-in/tools';

export type { MovedTiles, MoveInPlugin, MoveInSurroundings, MoveInTools } from './move-in/tools';

/**
 * Lets pages take over, without a download, tiles that Workbox, leaflet.offline or mapbox-gl have stored in this
 * browser (`client.moveIn`). Pass the result to `createTileCache({ moveIn: moveIn() })`, and keep it there: without it,
 * the worker does not find the tiles that it took over, and fetches them again.
 */
export function moveIn(): MoveInPlugin {
  return createMoveIn;
}
