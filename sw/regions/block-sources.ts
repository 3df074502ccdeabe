import { createArea } from '../../src/shared/area';
import type { FailedTile } from '../../src/shared/regions';
import type { PackName } from '../store/pack';
import { type Block, blockOf, generationOf, packPath } from './blocks';
import type { WorkTools } from './job-tools';
import type { RegionRecord } from './records';
import { wantedTiles } from './wanted';

/** The reason of a tile that the worker does not serve any more. */
const NOT_SERVED = 'no layer of the worker has its URL';

/** Resolves with the tiles of a block, and with those that the worker does not serve any more, as failed. */
export async function wantedIn({ layer, root, zoom }: Block, { layers, spec }: RegionRecord, tools: WorkTools) {
  const saved = layers[layer]!;
  const tiles = createArea(spec.bounds).within(root, zoom);
  const wanted = await wantedTiles(saved, tiles, tools, tools.origin, tools.book.accept(saved.layer));
  const served = new Set(wanted.map(({ tile }) => tile));
  const lacking = tiles
    .filter((tile) => !served.has(tile))
    .map((tile): FailedTile => ({ layer: saved.layer, tile, reason: NOT_SERVED }));
  return { wanted, lacking };
}

/**
 * True if the worker served no tile of a block in an earlier pass, which counted none: whatever is in the pack in force is
 * still to be counted.
 */
export const wasLacking = ({ draft }: RegionRecord, layer: string, block: string): boolean =>
  draft!.failed.some(
    (one) => one.reason === NOT_SERVED && one.layer === layer && one.tile !== undefined && blockOf(one.tile) === block,
  );

/** Returns the pack in force for a block, whatever the region is to hold next. */
export function oldPack({ edition, layers }: RegionRecord, block: Block, origin: string): PackName | undefined {
  const { cacheName } = layers[block.layer]!;
  const index = edition?.layers.findIndex((layer) => layer.cacheName === cacheName) ?? -1;
  if (!edition || index < 0) return undefined;
  return { cacheName, path: packPath(origin, generationOf(edition.blocks[index]!, block.name), block.name) };
}
