/** What must not make room: the tile under a key that is about to be replaced, and the first variant, by which it is found. */
export interface Spare {
  cacheName: string;
  keys: readonly string[];
  /** Of the tile that needs room. */
  bytes: number;
}
