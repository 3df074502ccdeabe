import { TileCacheError } from '../../src/shared/errors';
import { readRegionId } from '../../src/shared/read-region';
import type { LedgerState } from '../ledger/state';
import type { CommandTools } from './command-tools';
import type { RegionRecord } from './records';

/** The region that a page names, or a refusal. */
export async function knownRegion(id: unknown, { book }: Pick<CommandTools, 'book'>): Promise<RegionRecord> {
  await book.load();
  const record = book.get(readRegionId(id, 'id', 'INVALID_OPTION'));
  if (record) return record;
  throw new TileCacheError({
    code: 'INVALID_OPTION',
    field: 'id',
    message: `There is no region ${String(id)}.`,
    remedy: 'Use an id that regions.list() names.',
  });
}

/** Changes the region that a page names, in its turn: one that is just being saved may be named as well. */
export async function changeKnown<T>(
  id: unknown,
  { book, job }: Pick<CommandTools, 'book' | 'job'>,
  change: (record: RegionRecord) => Promise<T>,
): Promise<T> {
  const own = readRegionId(id, 'id', 'INVALID_OPTION');
  if (!job.isHeld(own)) await knownRegion(own, { book });
  return job.alone(own, async () => change(await knownRegion(own, { book })));
}

/** What the ledger holds, or a refusal: without a ledger nothing can be kept. */
export async function stateNow({ ledger }: Pick<CommandTools, 'ledger'>): Promise<LedgerState> {
  const state = ledger.state ?? (await ledger.load());
  if (state) return state;
  throw new TileCacheError({
    code: 'STORAGE_FAILED',
    message: 'Storage does not work: nothing can be kept.',
    remedy: 'Free storage for this site, or leave private browsing.',
  });
}
