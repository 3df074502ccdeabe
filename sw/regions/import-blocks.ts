import { createArea } from '../../src/shared/area';
import { inFileOrder } from '../../src/shared/hilbert';
import { type Block, blocksOf, packPath } from './blocks';
import type { CommandTools } from './command-tools';
import { importedItems, type Importing } from './import-tiles';
import { bytesIn, type PackItem } from '../store/pack';
import type { Pieces } from '../store/pack-bodies';
import type { Draft } from './records';
import { withRoom } from './room';
import { tooLarge } from './trouble';

/** The number of packs that are written at the same time. */
const AT_ONCE = 2;

/** A block whose pack is written. */
interface WrittenBlock {
  name: string;
  tiles: number;
  /** Bytes of the bodies. */
  bytes: number;
  /** Bytes of the pack. */
  size: number;
}

/**
 * Writes the packs of all blocks. Disk and thread work at the same time: while packs are being written, the next is put
 * together, and the file is read for the one after that. Resolves with the draft that counts them all.
 */
export async function writeBlocks(draft: Draft, importing: Importing, tools: CommandTools): Promise<Draft> {
  let counted = draft;
  const writing: Array<Promise<WrittenBlock>> = [];
  const settleFirst = async () => {
    counted = withBlock(counted, await writing[0]!, importing);
    writing.shift();
  };
  try {
    for await (const { block, tiles, file } of readAhead(importing)) {
      const items = await importedItems(tiles, file, importing, tools);
      if (writing.length >= AT_ONCE) await settleFirst();
      const written = writeBlock(draft.number, block, { items, pieces: file.pieces }, importing, tools);
      // A failure counts when its turn comes.
      written.catch(() => {});
      writing.push(written);
    }
    while (writing.length > 0) await settleFirst();
    return counted;
  } catch (error) {
    // Once the caller knows of the failure, it drops the cache: nothing may be written after that.
    await Promise.allSettled(writing);
    throw error;
  }
}

/** Goes through the blocks, and reads the next one from the file before it is needed. */
async function* readAhead({ archive, checked: { spec } }: Importing) {
  const area = createArea(spec.bounds);
  const begin = (block: Block) => {
    const tiles = inFileOrder([...area.within(block.root, block.zoom)]);
    const reading = archive.near(tiles);
    // A failure counts when the block is needed.
    reading.catch(() => {});
    return { block, tiles, reading };
  };
  let next: ReturnType<typeof begin> | undefined;
  for (const block of blocksOf(spec, 1)) {
    const now = next;
    next = begin(block);
    if (now) yield { ...now, file: await now.reading };
  }
  if (next) yield { ...next, file: await next.reading };
}

async function writeBlock(
  number: number,
  { name }: Block,
  { items, pieces }: { items: readonly PackItem[]; pieces: Pieces },
  { checked: { layers } }: Importing,
  tools: CommandTools,
): Promise<WrittenBlock> {
  const { cacheName } = layers[0]!;
  const bytes = bytesIn(items);
  const path = packPath(tools.origin, number, name);
  const size = await withRoom(bytes, tools, () => tools.packs.write({ cacheName, path }, items, pieces));
  return { name, tiles: items.length, bytes, size };
}

/** Counts a block. Throws if the region is now larger than it may be. */
function withBlock(draft: Draft, { name, tiles, bytes, size }: WrittenBlock, { checked }: Importing): Draft {
  const sum = draft.bytes + bytes;
  const budget = checked.spec.maxBytes ?? 2 ** 30;
  if (sum > budget) throw tooLarge(sum, budget);
  return {
    ...draft,
    tiles: draft.tiles + tiles,
    bytes: sum,
    stored: draft.stored + size,
    changed: [{ ...draft.changed[0], [name]: true }],
  };
}
