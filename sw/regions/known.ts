import { TileCacheError } from '../../src/shared/errors';
import { readRegionId } from '../../src/shared/read-region';
import type { LedgerState } from '../ledger/state';
import type { CommandTools } from './command-tools';
import type { RegionRecord } from './records';

/** Resolves with the region that a page names. Rejects if there is none. */
export async function knownRegion(id: unknown, { book }: Pick<CommandTools, 'book'>): Promise<RegionRecord> {
  await book.load();
  const record = book.get(readRegionId(id, 'id', 'INVALID_OPTION'));
  if (record) return record;
  throw new TileCacheError({
    code: 'INVALID_OPTION',
    field: 'id',
    message: `There is no region ${String(id)}.`,
    remedy: 'Use an id that regions.list() returns.',
  });
}

/** Changes the region that a page names, in its turn; a page may also name a region that is still being saved. */
export async function changeKnown<T>(
  id: unknown,
  { book, job }: Pick<CommandTools, 'book' | 'job'>,
  change: (record: RegionRecord) => Promise<T>,
): Promise<T> {
  const own = readRegionId(id, 'id', 'INVALID_OPTION');
  if (!job.isHeld(own)) await knownRegion(own, { book });
  return job.alone(own, async () => change(await knownRegion(own, { book })));
}

/** Resolves with the ledger's state. Rejects without a ledger, because then nothing can be kept. */
export async function stateNow({ ledger }: Pick<CommandTools, 'ledger'>): Promise<LedgerState> {
  const state = ledger.state ?? (await ledger.load());
  if (state) return state;
  throw new TileCacheError({
    code: 'STORAGE_FAILED',
    message: 'Storage does not work: the worker can keep nothing.',
    remedy: 'Free storage for this site, or leave private browsing.',
  });
}
