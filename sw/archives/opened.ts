import type { Archive } from './archive';

/** An archive as the ledger knew it when it was opened. */
export interface Opened extends Archive {
  readonly version: string;
  readonly ledger: string | undefined;
  readonly epoch: number;
}
