import type { FailedTile } from '../../src/shared/regions';
import type { LedgerState } from '../ledger/state';
import { rulesNow } from './draft';
import type { RegionRecord } from './records';

/** A part of the style. */
const isPart = ({ tile }: FailedTile) => tile === undefined;

/**
 * Returns the record with its stalled draft on its way again. `list`: the blocks to look at, by their place in the
 * region's list; undefined: all. Gathers the style's parts again if one of them failed.
 */
export function goAgain(record: RegionRecord, list: number[] | undefined): RegionRecord {
  const { stalled: _, list: __, assets, ...going } = record.draft!;
  return {
    ...record,
    draft: {
      ...going,
      ...(list && { list }),
      ...(assets && !going.failed.some(isPart) && { assets }),
      failed: going.failed.filter((one) => !isPart(one)),
      pass: 1,
      open: [],
      done: 0,
      notBefore: 0,
    },
  };
}

/** Like `goAgain`, because rules or versions have overtaken the draft since it stalled. */
export function goAgainRuled(record: RegionRecord, state: LedgerState): RegionRecord {
  const again = goAgain(record, undefined);
  return { ...again, draft: { ...again.draft!, ...rulesNow(record, state) } };
}
