import { type LedgerState, recordOf } from '../ledger/state';
import type { Draft, DraftMode, RegionRecord } from './records';

/** Returns the record with a new, empty draft, and without earlier failures. */
export function beginDraft(record: RegionRecord, mode: DraftMode, state: LedgerState, now: number): RegionRecord {
  const { error: _, lost: __, failedAt: ___, ...rest } = record;
  const number = record.last + 1;
  const draft: Draft = {
    number,
    mode,
    startedAt: now,
    ...positionOf(record, state),
    // Tiles that the draft takes over keep their labels.
    labels: record.edition?.versions ?? {},
    done: 0,
    pass: 0,
    open: [],
    changed: record.layers.map(() => ({})),
    tiles: 0,
    bytes: 0,
    stored: record.edition?.stored ?? 0,
    failed: [],
    notBefore: 0,
    troubles: 0,
  };
  return { ...rest, last: number, draft };
}

/**
 * Returns the position of a draft whose next pass also heeds the rules that have come since. One that is to validate
 * everything goes on so: a tile that failed must not be taken over as it was.
 */
export function rulesNow(
  record: RegionRecord,
  state: LedgerState,
): Pick<Draft, 'mode' | 'epoch' | 'ledger' | 'versions'> {
  return { mode: record.draft!.mode === 'all' ? 'all' : 'ruled', ...positionOf(record, state) };
}

/** Returns the ledger's position for the layers of a region. */
export function positionOf(
  { layers }: Pick<RegionRecord, 'layers'>,
  state: LedgerState,
): Pick<Draft, 'epoch' | 'ledger' | 'versions'> {
  const versions: Record<string, string> = {};
  for (const { layer } of layers) {
    const { version } = recordOf(state, layer);
    if (version !== undefined) versions[layer] = version;
  }
  return { epoch: state.epoch, ledger: state.id, versions };
}
