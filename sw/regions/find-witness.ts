import type { Wanted } from '../lookup/wanted';
import { oldPack, wantedIn } from './block-sources';
import { type Block, packPath } from './blocks';
import type { WorkTools } from './job-tools';
import { liveOf } from './live';
import type { RegionRecord } from './records';

/** The number of blocks to look into, and of packs to open for that. */
const MAX_LOOKS = 8;
const MAX_OPENED = 100;
/** The number of tiles that may show whether a layer's origin gives any. */
const MAX_PROBES = 8;

/** Finds a tile that is staged or in a pack of the region. */
export async function findWitness(
  fits: (one: Wanted) => boolean,
  record: RegionRecord,
  tools: WorkTools,
): Promise<Wanted | undefined> {
  for await (const held of heldIn(record, tools)) {
    const found = held.find(fits);
    if (found) return found;
  }
  return undefined;
}

/** Returns some tiles that the region has of a layer, or of any layer, in different places. */
export async function goodTiles(
  layer: string | undefined,
  record: RegionRecord,
  tools: WorkTools,
): Promise<readonly Wanted[]> {
  const all: Wanted[] = [];
  for await (const held of heldIn(record, tools, { layer, good: true })) all.push(...held);
  return spread(all);
}

/** Returns some tiles of a layer in different places of the region's highest zoom. */
export async function anyTiles(layer: string, record: RegionRecord, tools: WorkTools): Promise<readonly Wanted[]> {
  const isOwn = (block: Block) => block.zoom === record.spec.zooms[1] && record.layers[block.layer]!.layer === layer;
  const own = spread(tools.blocksFor(record).filter(isOwn));
  const tiles: Wanted[] = [];
  for (const block of own) {
    const { wanted } = await wantedIn(block, record, tools);
    tiles.push(...spread(wanted, Math.ceil(MAX_PROBES / own.length)));
  }
  return tiles.slice(0, MAX_PROBES);
}

/**
 * Yields the tiles that are staged or in packs of the region, from some blocks, from any place on. `good` leaves out
 * answers that there is no tile.
 */
async function* heldIn(
  record: RegionRecord,
  tools: WorkTools,
  { layer: only, good = false }: { layer?: string | undefined; good?: boolean } = {},
): AsyncGenerator<Wanted[]> {
  const { number, changed } = record.draft!;
  const { ahead } = liveOf(record.id, tools);
  const blocks = tools.blocksFor(record);
  const from = Math.floor(tools.random() * blocks.length);
  let [looks, opened] = [0, 0];
  for (const block of [...blocks.slice(from), ...blocks.slice(0, from)]) {
    const { layer, name } = block;
    const { cacheName, layer: layerName } = record.layers[layer]!;
    if (only !== undefined && layerName !== only) continue;
    const pack = Object.hasOwn(changed[layer]!, name)
      ? { cacheName, path: packPath(tools.origin, number, name) }
      : oldPack(record, block, tools.origin);
    if (pack && (opened += 1) > MAX_OPENED) return;
    const entries = [...((pack && (await tools.packs.get(pack)))?.entries.values() ?? [])];
    const id = `${layer} ${name}`;
    const staged = ahead.has(id) && good ? await tools.records.staged(record.id, id) : [];
    const keys = new Set([
      ...entries.filter((one) => !good || isGood(one, one.length)).map(({ key }) => key),
      ...(good
        ? staged.filter((one) => isGood(one, one.body.length)).map(({ key }) => key)
        : (ahead.get(id)?.keys() ?? [])),
    ]);
    if (keys.size === 0) continue;
    const { wanted } = await wantedIn(block, record, tools);
    yield wanted.filter(({ key }) => keys.has(key));
    if ((looks += 1) >= MAX_LOOKS) return;
  }
}

/** `missedAt`: the origin has lacked it lately. */
const isGood = ({ status, missedAt }: { status: number; missedAt?: number }, bytes: number) =>
  status === 200 && bytes > 0 && missedAt === undefined;

/** Returns some of a list, evenly spread. */
const spread = <T>(list: readonly T[], most = MAX_PROBES): readonly T[] =>
  list.length <= most
    ? list
    : Array.from({ length: most }, (_, i) => list[Math.floor(((i + 0.5) * list.length) / most)]!);
