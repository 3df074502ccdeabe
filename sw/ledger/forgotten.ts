import { type LayerRecord, type LedgerPatch, type LedgerState, recordOf } from './state';
import { roomFor } from './room';

/**
 * The most addresses that a layer remembers. For older ones the worker relies on having deleted the bodies that it
 * could reach.
 */
const MAX_FORGOTTEN = 256;

/** True if an unsafe method invalidated this address after the epoch. */
export function isForgotten({ forgotten }: LayerRecord, url: string | undefined, epoch: number): boolean {
  return forgotten !== undefined && forgotten.some((entry) => entry.url === url && epoch < entry.epoch);
}

const NONE: ReadonlySet<string> = new Set();

/**
 * A ledger change that invalidates everything stored or requested under this address so far.
 * `stored`: the layers that have stored tiles.
 */
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
