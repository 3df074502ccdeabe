import type { Windows } from '../../src/shared/layer-options';
import type { presets } from '../../src/shared/presets';
import type { EdgeLayer } from './edge-layer';

/** How a purge of a very large layer is spread. Needs tiles with the tags of `zoomTag`, as `tileHeaders` sets them, and a CDN that purges by tag. */
export interface Stagger {
  /** Zooms up to this one are purged first and together; each one above it is purged by itself. 0 to 30. @default 10 */
  upTo?: number;
  /** Seconds before each further zoom, 60 at most. @default 10 */
  pause?: number;
}

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
  /** Purges the whole layer zoom by zoom, so that its misses do not reach the origin all at once. @default all zooms at once */
  stagger?: Stagger;
  /** How the edge sees the layer's tiles; needed to purge by URL and to verify. */
  edge?: EdgeLayer;
}
