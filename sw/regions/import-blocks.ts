import { createArea } from '../../src/shared/area';
import type { TileId } from '../../src/shared/tile';
import { type Block, blocksOf, packPath } from './blocks';
import type { CommandTools } from './command-tools';
import { importedItems, type Importing } from './import-tiles';
import { bytesIn, type PackItem } from './pack';
import type { Draft } from './records';
import { withRoom } from './room';
import { tooLarge } from './trouble';

/**
 * Writes the packs of all blocks. Disk and thread work at the same time: while one pack is being written, the next is
 * put together, and the file is read for the one after that. Resolves with the draft that counts them all.
 */
export async function writeBlocks(draft: Draft, importing: Importing, tools: CommandTools): Promise<Draft> {
  let writing = Promise.resolve(draft);
  try {
    for await (const { block, tiles, read } of readAhead(importing)) {
      const items = await importedItems(tiles, read, importing, tools);
      const before = await writing;
      writing = writeBlock(before, block, items, importing, tools);
      // A failure counts at the next block, or at the end.
      writing.catch(() => {});
    }
    return await writing;
  } catch (error) {
    // Once the caller knows of the failure, it drops the cache: nothing may be written after that.
    await writing.catch(() => {});
    throw error;
  }
}

/** Goes through the blocks, and reads the next one from the file before it is needed. */
async function* readAhead({ archive, checked: { spec } }: Importing) {
  const area = createArea(spec.bounds);
  const begin = (block: Block) => {
    const tiles: TileId[] = [...area.within(block.root, block.zoom)];
    const reading = archive.near(tiles);
    // A failure counts when the block is needed.
    reading.catch(() => {});
    return { block, tiles, reading };
  };
  let next: ReturnType<typeof begin> | undefined;
  for (const block of blocksOf(spec, 1)) {
    const now = next;
    next = begin(block);
    if (now) yield { ...now, read: await now.reading };
  }
  if (next) yield { ...next, read: await next.reading };
}

async function writeBlock(
  draft: Draft,
  block: Block,
  items: readonly PackItem[],
  { checked: { spec, layers } }: Importing,
  tools: CommandTools,
): Promise<Draft> {
  const { cacheName } = layers[0]!;
  const bytes = bytesIn(items);
  const path = packPath(tools.origin, draft.number, block.name);
  const size = await withRoom(bytes, tools, () => tools.packs.write({ cacheName, path }, items));
  const sum = draft.bytes + bytes;
  const budget = spec.maxBytes ?? 2 ** 30;
  if (sum > budget) throw tooLarge(sum, budget);
  return {
    ...draft,
    tiles: draft.tiles + items.length,
    bytes: sum,
    stored: draft.stored + size,
    changed: [{ ...draft.changed[0], [block.name]: true }],
  };
}
