import { createMoveIn } from './move-in/move-in';
import type { MoveInPlugin } from './move-in/tools';

export type { MovedTiles, MoveInPlugin, MoveInSurroundings, MoveInTools } from './move-in/tools';

/**
 * Lets pages take over, without a download, tiles that Workbox, leaflet.offline or mapbox-gl have stored in this browser
 * (`client.moveIn`). Goes into `createTileCache({ moveIn: moveIn() })`, and stays there: without it, tiles that were taken
 * are not found, and are fetched again.
 */
export function moveIn(): MoveInPlugin {
  return createMoveIn;
}
