import type { Wanted } from '../lookup/wanted';
import { askOrigin, type Trouble, written } from './ask-origin';
import { crc32 } from './crc32';
import type { FillTools } from './fill-tools';
import { type Assets, assetsBlock, type LayerAssets } from './gather-assets';

/**
 * Asks the origin once more for all that has to be of one edition. What differs from what was gathered is staged in its
 * place (`changed`). Where nothing does (`same`), there was a moment between the two readings at which the origin had just that.
 */
export async function readAgain(
  { layers, paired }: Assets,
  region: string,
  tools: FillTools,
  signal: AbortSignal,
): Promise<'same' | 'changed' | Trouble> {
  let found: 'same' | 'changed' = 'same';
  for (const own of layers) {
    const known = contentsOf(own);
    for (const wanted of own.wanted) {
      const before = paired.has(wanted.key) ? known.get(wanted.key) : undefined;
      // What could not be had is told as failed.
      if (before === undefined) continue;
      const answered = await askOrigin(wanted, tools, signal, true);
      if (answered.kind === 'trouble') return answered;
      if (answered.kind !== 'tile') continue;
      const item = { key: wanted.key, ...written(answered.tile), body: answered.bytes };
      if (contentOf(item.status, crc32(answered.bytes)) === before) continue;
      await tools.records.stage({ region, block: assetsBlock(own.layer), ...item });
      found = 'changed';
    }
  }
  return found;
}

const contentOf = (status: number, crc: number) => `${status} ${crc}`;

/** What was gathered, by key. */
function contentsOf({ filled, oldPack }: LayerAssets): Map<Wanted['key'], string> {
  if (!filled.items)
    return new Map([...(oldPack?.entries ?? [])].map(([key, { status, crc }]) => [key, contentOf(status, crc)]));
  return new Map(
    filled.items.map(({ key, status, body }) => [
      key,
      contentOf(status, body instanceof Uint8Array ? crc32(body) : body.crc),
    ]),
  );
}
