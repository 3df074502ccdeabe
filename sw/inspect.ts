import { createInspector } from './inspect/inspector';
import type { InspectorPlugin } from './inspect/tools';

export type { Inspector, InspectorPlugin, InspectTools } from './inspect/tools';

/**
 * Answers `client.inspect`, `client.entries`, `client.trace` and `<tile-inspector>`: what is stored for a tile, and why.
 * Until a page calls one of them, it costs nothing but its bytes. Pass the result to `createTileCache({ inspect:
 * inspector() })`.
 */
export function inspector(): InspectorPlugin {
  return createInspector;
}
