import { createInspector } from './inspect/inspector';
import type { InspectorPlugin } from './inspect/tools';

export type { Inspector, InspectorPlugin, InspectTools } from './inspect/tools';

/**
 * Lets pages ask why a tile is as it is: `client.inspect`, `client.entries`, `client.trace` and `<tile-inspector>`.
 * Until a page asks, it costs nothing but its bytes. Pass the result to `createTileCache({ inspect: inspector() })`.
 */
export function inspector(): InspectorPlugin {
  return createInspector;
}
