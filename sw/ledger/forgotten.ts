import { type LayerRecord, type LedgerPatch, type LedgerState, recordOf } from './state';
import { roomFor } from './room';

/** A layer remembers so many; of older ones the bodies that were in reach are deleted, and that has to do. */
const MAX_FORGOTTEN = 256;

/** True when this address was made invalid after the epoch. */
export function isForgotten({ forgotten }: LayerRecord, url: string | undefined, epoch: number): boolean {
  return forgotten !== undefined && forgotten.some((entry) => entry.url === url && epoch < entry.epoch);
}

const NONE: ReadonlySet<string> = new Set();

/** A change of the ledger: what was stored or asked for under this address before is gone. `stored`: layers of which tiles are. */
export function forgetAddress(
  layer: string,
  url: string,
  stored = NONE,
): (state: LedgerState) => LedgerPatch<undefined> {
  return (state) => {
    const epoch = state.epoch + 1;
    const record = { ...recordOf(state, layer), layer };
    const others = record.forgotten?.filter((entry) => entry.url !== url) ?? [];
    return {
      epoch,
      records: [{ ...record, forgotten: [...others, { url, epoch }].slice(-MAX_FORGOTTEN) }],
      forget: roomFor(state, [layer], stored).forget,
      result: undefined,
    };
  };
}
