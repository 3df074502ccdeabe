import { isNegative } from '../http/statuses';
import type { Wanted } from '../lookup/wanted';
import { askOrigin, type Trouble, written } from './ask-origin';
import { crc32 } from '../store/crc32';
import type { FillTools, Limits } from './fill-tools';
import type { Assets, LayerAssets } from './gather-assets';
import { PATIENCE } from './block-work';
import { assetsBlock, type Live, type Reading } from './live';
import type { RegionRecord } from './records';
import { isOfOrigin } from './trouble';
import { awaitUnderway } from './underway';

/** The most readings of a style that keeps changing; a style that differs each time has no editions. */
const READINGS = 5;

/**
 * Requests all assets that have to be of one edition once more. Stages those that differ from the gathered ones in
 * their place. Resolves with true if none differs: the origin had exactly these assets at some moment between the two
 * readings. Takes one that its host has answered with errors for long as it is. Resolves with undefined if one differs, or the time is over before: gather them again, and go on.
 */
export async function readAgain(
  { layers, paired }: Assets,
  { id: region, draft }: RegionRecord,
  tools: FillTools,
  limits: Limits,
  live: Live,
): Promise<true | Trouble | undefined> {
  const all = layers.flatMap((own) => {
    const known = contentsOf(own);
    // The record already names assets that could not be had as failed.
    return own.wanted
      .filter(({ key }) => paired.has(key) && known.has(key))
      .map((wanted) => ({ wanted, layer: own.layer, before: known.get(wanted.key)! }));
  });
  const reading = readingOf(
    all.map(({ wanted, before }) => `${wanted.key} ${before.at} ${before.content}`).join('\n'),
    live,
  );
  if (reading.count >= READINGS) return true;
  let changed = false;
  for (const { wanted, layer, before } of all) {
    if (reading.same.has(wanted.key)) continue;
    if (!limits.hasTime()) return undefined;
    const { underway } = reading;
    const ask = () => askOrigin(wanted, tools, limits, true);
    const answered = await awaitUnderway(wanted.key, underway, ask, limits);
    if (!answered) return undefined;
    underway.delete(wanted.key);
    if (answered.kind === 'trouble' && !(isOfOrigin(answered.reason) && draft!.troubles >= PATIENCE)) return answered;
    if (answered.kind === 'aborted') return undefined;
    const isSame =
      answered.kind !== 'tile' ||
      (before.content === MISSED && isNegative(answered.tile)) ||
      contentOf(answered.tile.status, crc32(answered.bytes)) === before.content;
    if (isSame) reading.same.add(wanted.key);
    else {
      const item = { key: wanted.key, ...written(answered.tile), body: answered.bytes };
      await tools.records.stage({ region, block: assetsBlock(layer), ...item });
      changed = true;
    }
  }
  return changed ? undefined : true;
}

/** Returns the reading that has begun for exactly these answers, or a new one. */
function readingOf(of: string, live: Live): Reading {
  if (live.reading?.of !== of)
    live.reading = { count: (live.reading?.count ?? 0) + 1, of, same: new Set(), underway: new Map() };
  return live.reading;
}

/** The content of a good asset that the origin says is not there. */
const MISSED = 'missed';

const contentOf = (status: number, crc: number) => `${status} ${crc}`;

interface Gathered {
  content: string;
  /** The metadata of the answer, with its time. */
  at: string;
}

/** Returns the gathered contents, by key. */
function contentsOf({ filled, oldPack }: LayerAssets): Map<Wanted['key'], Gathered> {
  const all = filled.items ?? [...(oldPack?.entries.values() ?? [])];
  return new Map(
    all.map((one) => {
      const { key, status, meta, missedAt } = one;
      const crc = 'crc' in one ? one.crc : one.body instanceof Uint8Array ? crc32(one.body) : one.body.crc;
      return [key, { content: missedAt === undefined ? contentOf(status, crc) : MISSED, at: JSON.stringify(meta) }];
    }),
  );
}
