/**
 * Tiles that eviction must spare: the tile that the worker is about to replace, and the first variant, which leads to
 * it.
 */
export interface Spare {
  cacheName: string;
  keys: readonly string[];
  /** Bytes of the tile that needs room. */
  bytes: number;
}
