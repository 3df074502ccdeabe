import type { Windows } from '../../src/shared/layer-options';
import type { presets } from '../../src/shared/presets';
import type { EdgeLayer } from './edge-layer';

/**
 * Options that spread the purge of a very large layer over time. They need tiles with the tags of `zoomTag`, which
 * `tileHeaders` sets, and a CDN that purges by tag.
 */
export interface Stagger {
  /**
   * Highest zoom of the first round, which purges all zooms up to it together; each higher zoom gets its own round. 0
   * to 30.
   * @default 10
   */
  upTo?: number;
  /** Seconds to wait before each further zoom, at most 60. @default 10 */
  pause?: number;
}

/** How the origin serves one layer. */
export interface OriginLayer extends Windows {
  /** Freshness windows from published practice. Single windows given beside it take precedence. */
  preset?: keyof typeof presets;
  /**
   * Seconds for which caches may keep an answer that says there is no tile: 404, 410, 204 or an empty body.
   * @default 60
   */
  negativeMaxAge?: number;
  /**
   * Seconds for which shared caches may keep a tile (`s-maxage`). Choose a long time for an edge that every publication
   * purges.
   */
  sharedMaxAge?: number;
  /** The version in force until the first publication. */
  version?: string;
  /**
   * Purges the whole layer zoom by zoom, so that its cache misses do not reach the origin all at once.
   * @default all zooms at once
   */
  stagger?: Stagger;
  /** How the edge serves the layer's tiles; needed to purge by URL and to verify. */
  edge?: EdgeLayer;
}
