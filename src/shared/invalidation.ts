import type { BBox, ZoomRange } from './tile';

/** An invalidation, on the wire and in `client.invalidate()`. */
export interface Invalidation {
  /** The layer's name in the worker. */
  layer: string;
  /** The layer's version from now on; without it the version stays. */
  version?: string;
  /** Only tiles that touch this box. With `version`, tiles outside of it count as the new version. */
  bbox?: BBox;
  /** Only these zooms. */
  zooms?: ZoomRange;
  /** Tiles by which the box is widened at each zoom. @default 1 */
  buffer?: number;
  /** `purge`: never shown again; `stale`: validated before use. @default 'purge' */
  mode?: 'purge' | 'stale';
  /** `metadata`: TileJSON, styles and other URLs of the layer without z/x/y. @default 'tiles' (with no range: everything of the layer) */
  scope?: 'tiles' | 'metadata';
  /** Grows with each publication. The worker ignores a lower revision than it has seen. */
  revision?: number;
  /** Idempotence key. The worker acknowledges a repeated id, and changes nothing. */
  id?: string;
}
