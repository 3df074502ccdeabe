import type { LedgerState } from '../ledger/state';
import { blocksOf, nextGenerations, packsOf } from './blocks';
import { isOutdated } from './outdated';
import { packId } from '../store/pack';
import type { Edition, RegionRecord } from './records';

/** True if rules or versions have come since this pass of the draft began. */
export function overtakenDraft({ spec, layers, draft }: RegionRecord, state: LedgerState): boolean {
  const { epoch, ledger } = draft!;
  return isOutdated({ spec, layers, epoch, ledger }, state);
}

/** Returns the record with the draft in force. Pure: the switch is the one write of the returned record. */
export function finishDraft(
  record: RegionRecord,
  state: LedgerState,
  now: number,
  origin: string,
): RegionRecord & { edition: Edition } {
  const { draft, edition: before, ...rest } = record;
  const { spec, layers } = record;
  const { number, changed, versions, labels, tiles, bytes, failed, assets } = draft!;
  const blocks = blocksOf(spec, layers.length);
  const edition: Edition = {
    number,
    spec: { bounds: spec.bounds, zooms: spec.zooms },
    layers,
    savedAt: now,
    // Rules that came after the last pass began judge the tiles anew.
    epoch: draft!.epoch,
    ledger: state.id,
    versions: { ...labels, ...versions },
    blocks: layers.map(({ cacheName }, i) => {
      const old = before?.layers.findIndex((layer) => layer.cacheName === cacheName) ?? -1;
      const names = blocks.filter(({ layer }) => layer === i).map(({ name }) => name);
      return nextGenerations(old < 0 ? undefined : before!.blocks[old], names, changed[i]!, number);
    }),
    assets: assets ?? [],
    tiles,
    bytes,
    stored: draft!.stored,
    failed,
  };
  const used = new Set(packsOf(edition, origin).map(packId));
  const garbage = before ? packsOf(before, origin).filter((pack) => !used.has(packId(pack))) : [];
  const unique = new Map([...rest.garbage, ...garbage].map((pack) => [packId(pack), pack]));
  return {
    ...rest,
    edition,
    garbage: [...unique.values()],
  };
}
