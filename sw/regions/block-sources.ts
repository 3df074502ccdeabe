import { createArea } from '../../src/shared/area';
import type { FailedTile } from '../../src/shared/regions';
import type { PackName } from '../store/pack';
import { type Block, generationOf, packPath } from './blocks';
import type { WorkTools } from './job-tools';
import type { RegionRecord } from './records';
import { wantedTiles } from './wanted';

/** Resolves with the tiles of a block, and with those that the worker does not serve any more, as failed. */
export async function wantedIn({ layer, root, zoom }: Block, { layers, spec }: RegionRecord, tools: WorkTools) {
  const saved = layers[layer]!;
  const tiles = createArea(spec.bounds).within(root, zoom);
  const wanted = await wantedTiles(saved, tiles, tools, tools.origin, tools.book.accept(saved.layer));
  const served = new Set(wanted.map(({ tile }) => tile));
  const lacking = tiles
    .filter((tile) => !served.has(tile))
    .map((tile): FailedTile => ({ layer: saved.layer, tile, reason: 'no layer of the worker has its URL' }));
  return { wanted, lacking };
}

/** Returns the pack in force for a block, whatever the region is to hold next. */
export function oldPack({ edition, layers }: RegionRecord, block: Block, origin: string): PackName | undefined {
  const { cacheName } = layers[block.layer]!;
  const index = edition?.layers.findIndex((layer) => layer.cacheName === cacheName) ?? -1;
  if (!edition || index < 0) return undefined;
  return { cacheName, path: packPath(origin, generationOf(edition.blocks[index]!, block.name), block.name) };
}
