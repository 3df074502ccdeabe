import type { Book } from './book';
import type { Pace } from './pace';
import type { PackStore } from './pack-store';
import type { Records } from './records';
import type { RegionTools } from './tools';

/** What fills packs: the running cache, and what is kept of regions. */
export interface FillTools extends RegionTools {
  book: Book;
  packs: PackStore;
  records: Records;
  pace: Pace;
}

/** What ends work on a region before it is done. */
export interface Limits {
  /** The region is about to be changed, or the cache removed. */
  signal: AbortSignal;
  /** False when the slice is over. */
  hasTime: () => boolean;
}
