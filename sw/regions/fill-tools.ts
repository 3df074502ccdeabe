import type { Book } from './book';
import type { Lending } from './lending';
import type { Pace } from './pace';
import type { PackStore } from './pack-store';
import type { Records } from './records';
import type { RegionTools } from './tools';

/** The tools that fill packs: the running cache, and the records of regions. */
export interface FillTools extends RegionTools {
  book: Book;
  packs: PackStore;
  records: Records;
  pace: Pace;
  lending: Lending;
  /** The most requests per second to a host, as `pace` spreads them; undefined: without a limit. */
  rate?: number | undefined;
}

/** Ends work on a region before it is done. */
export interface Limits {
  /** Aborts when the region is about to change, or the cache is about to be removed. */
  signal: AbortSignal;
  /** Returns false when the slice is over. */
  hasTime: () => boolean;
  /** Resolves when the slice must end. */
  ended: Promise<undefined>;
  /** Tells of work that may outlast the slice: a change of the region waits until it has ended. */
  goesOn: (work: Promise<unknown>) => void;
}
