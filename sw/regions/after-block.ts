import type { FailedTile } from '../../src/shared/regions';
import type { DoneBlock } from './block-work';
import { type Block, blockOf } from './blocks';
import { withLabels } from './labels';
import type { PackItem } from '../store/pack';
import type { Draft, RegionRecord } from './records';

/** The largest number of failed tiles that a record names. */
const MAX_FAILED = 10_000;

/**
 * Returns the record with one more block done. Pure: the function that writes the record makes the block's pack part of
 * the draft.
 */
export function afterBlock(record: RegionRecord, { block, ordinal, filled, grown, counted }: DoneBlock): RegionRecord {
  const { trouble, ...draft } = record.draft!;
  const failedElsewhere = draft.failed.filter((one) => !isIn(block, record.layers, one));
  const failed = [...failedElsewhere, ...filled.failed];
  const changed = [...draft.changed];
  if (filled.items) changed[block.layer] = { ...changed[block.layer], [block.name]: true };
  return {
    ...record,
    borrows: withLenders(record, filled.items),
    draft: {
      ...draft,
      done: draft.done + 1,
      open: filled.failed.length > 0 ? [...draft.open, ordinal] : draft.open,
      changed,
      labels: withLabels(draft.labels ?? {}, record.layers[block.layer]!.layer, filled.items ?? []),
      tiles: draft.tiles + filled.tiles - counted.tiles,
      bytes: draft.bytes + filled.bytes - counted.bytes,
      stored: draft.stored + grown,
      ...((draft.hasTiles || filled.items?.some(isThere)) && { hasTiles: true as const }),
      ...listed(failed),
      // Once a block has come, the origin's trouble is over. Else the next block begins with the last wait.
      troubles: filled.lasting ? draft.troubles - 1 : 0,
      ...(filled.lasting && trouble !== undefined && { trouble }),
    },
  };
}

const isThere = ({ status }: PackItem) => status !== 404 && status !== 410;

/** Returns the failed tiles as a draft lists them. */
export const listed = (failed: FailedTile[]): Pick<Draft, 'failed' | 'more'> => ({
  failed: failed.slice(0, MAX_FAILED),
  ...(failed.length > MAX_FAILED && { more: true as const }),
});

const isIn = (block: Block, layers: RegionRecord['layers'], { layer, tile }: FailedTile) =>
  tile !== undefined && layer === layers[block.layer]!.layer && block.name === blockOf(tile);

/**
 * Returns the regions from which a region borrows, with those whose packs hold some of these bodies: the name of a pack's
 * cache ends with its region.
 */
export function withLenders({ borrows }: Pick<RegionRecord, 'borrows'>, items: readonly PackItem[] = []): string[] {
  const lenders = items.flatMap(({ body }) =>
    body instanceof Uint8Array ? [] : [decodeURIComponent(body.from.cacheName.split(':').at(-1)!)],
  );
  return [...new Set([...borrows, ...lenders])];
}
