import { isNegative } from '../http/statuses';
import type { Wanted } from '../lookup/wanted';
import { askOrigin, type Trouble, written } from './ask-origin';
import { crc32 } from './crc32';
import type { FillTools } from './fill-tools';
import { type Assets, assetsBlock, type LayerAssets } from './gather-assets';

/**
 * Requests all assets that have to be of one edition once more. Stages those that differ from the gathered ones in
 * their place (`changed`). If none differs (`same`), the origin had exactly these assets at some moment between the two
 * readings.
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
      // The record already names assets that could not be had as failed.
      if (before === undefined) continue;
      const answered = await askOrigin(wanted, tools, signal, true);
      if (answered.kind === 'trouble') return answered;
      if (answered.kind !== 'tile' || (before === MISSED && isNegative(answered.tile))) continue;
      const item = { key: wanted.key, ...written(answered.tile), body: answered.bytes };
      if (contentOf(item.status, crc32(answered.bytes)) === before) continue;
      await tools.records.stage({ region, block: assetsBlock(own.layer), ...item });
      found = 'changed';
    }
  }
  return found;
}

/** The content of a good asset that the origin says is not there. */
const MISSED = 'missed';

const contentOf = (status: number, crc: number) => `${status} ${crc}`;

/** Returns the gathered contents, by key. */
function contentsOf({ filled, oldPack }: LayerAssets): Map<Wanted['key'], string> {
  if (!filled.items)
    return new Map(
      [...(oldPack?.entries ?? [])].map(([key, { status, crc, missedAt }]) => [
        key,
        missedAt === undefined ? contentOf(status, crc) : MISSED,
      ]),
    );
  return new Map(
    filled.items.map(({ key, status, body, missedAt }) => {
      const crc = body instanceof Uint8Array ? crc32(body) : body.crc;
      return [key, missedAt === undefined ? contentOf(status, crc) : MISSED];
    }),
  );
}
