import type { Archive } from './archive';
import { looksLikeArchive } from './read-header';

/** An archive as the ledger knew it when it was opened. */
export interface Opened extends Archive {
  readonly version: string;
  readonly ledger: string | undefined;
  readonly epoch: number;
}

/** True for a PMTiles archive; other files are kept and read in the same way. */
export const isArchive = ({ first }: Opened) => looksLikeArchive(first.bytes);
