import type { Wanted } from '../lookup/wanted';
import { oldPack, wantedIn } from './block-sources';
import { packPath } from './blocks';
import type { WorkTools } from './job-tools';
import { liveOf } from './live';
import type { RegionRecord } from './records';
import { hostOf } from './wanted';

/** The number of blocks to look into. */
const MAX_LOOKS = 8;

/** Finds a tile that is staged or in a pack of the region: one of the host, or one of any other host. */
export async function findWitness(
  host: string,
  isOfHost: boolean,
  record: RegionRecord,
  tools: WorkTools,
): Promise<Wanted | undefined> {
  const { number, changed } = record.draft!;
  const { ahead } = liveOf(record.id, tools);
  const blocks = tools.blocksFor(record);
  const from = Math.floor(tools.random() * blocks.length);
  let looks = 0;
  for (const block of [...blocks.slice(from), ...blocks.slice(0, from)]) {
    const { layer, name } = block;
    const { cacheName } = record.layers[layer]!;
    const pack = Object.hasOwn(changed[layer]!, name)
      ? { cacheName, path: packPath(tools.origin, number, name) }
      : oldPack(record, block, tools.origin);
    const entries = (pack && (await tools.packs.get(pack)))?.entries;
    const staged = ahead.get(`${layer} ${name}`);
    if (!entries?.size && !staged) continue;
    const { wanted } = await wantedIn(block, record, tools);
    const found = wanted.find(
      (one) => (entries?.has(one.key) || staged?.has(one.key)) && (hostOf(one) === host) === isOfHost,
    );
    if (found || (looks += 1) >= MAX_LOOKS) return found;
  }
  return undefined;
}
