import type { Windows } from '../../src/shared/layer-options';
import type { presets } from '../../src/shared/presets';
import type { EdgeLayer } from './edge-layer';

/** How the origin serves one layer. */
export interface OriginLayer extends Windows {
  /** Windows from published practice; single ones may be given beside it. */
  preset?: keyof typeof presets;
  /** Seconds for which caches may keep an answer that says there is no tile (404, 410, 204, an empty one). @default 60 */
  negativeMaxAge?: number;
  /** Seconds that shared caches may keep a tile (`s-maxage`); for an edge that every publication purges, long is good. */
  sharedMaxAge?: number;
  /** The version in force until the first publication. */
  version?: string;
  /** How the edge sees the layer's tiles; needed to purge by URL and to verify. */
  edge?: EdgeLayer;
}
