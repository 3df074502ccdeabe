import type { Wanted } from '../lookup/wanted';
import type { Trouble } from './ask-origin';
import { type BlockPlan, type Filled, MAX_BLOCK_BYTES } from './block-plan';
import { oldPack, wantedIn, wasLacking } from './block-sources';
import { type Block, packPath } from './blocks';
import { fillBlock } from './fill-block';
import type { FillTools, Limits } from './fill-tools';
import type { WorkTools } from './job-tools';
import { countTile, liveOf } from './live';
import { bytesIn, type Pack, type PackItem, type PackName } from '../store/pack';
import type { Draft, RegionRecord } from './records';
import { withRoom } from './room';
import { ANOTHER_USER, budgetOf, isOfOrigin } from './trouble';
import { anyTiles, findWitness, goodTiles } from './find-witness';

/** The number of back-offs after which tiles that an origin does not answer fail. */
export const PATIENCE = 7;

/** The most seconds that requests wait for their turn at a host. */
const MAX_TURNS = 8;

/** A block whose pack is written, where it differs. */
export interface DoneBlock {
  block: Block;
  /** Its place in the region's list. */
  ordinal: number;
  filled: Filled;
  /** The bytes by which the packs of the region have grown. */
  grown: number;
  /** The tiles and bytes of the block that the draft has counted already, in an earlier pass. */
  counted: { tiles: number; bytes: number };
}

/** Fills a block and writes its pack. Resolves with undefined if it is not done yet. */
export async function doBlock(
  record: RegionRecord,
  ordinal: number,
  tools: WorkTools,
  limits: Limits,
): Promise<DoneBlock | Trouble | undefined> {
  const { packs, origin } = tools;
  const draft = record.draft!;
  const block = tools.blocksFor(record)[ordinal]!;
  const { wanted, lacking } = await wantedIn(block, record, tools);
  const { cacheName, partition } = record.layers[block.layer]!;
  // Another user has signed in, and would get other tiles than the user who created the region.
  if (wanted.some(({ subject }) => subject.partition !== partition)) return { reason: ANOTHER_USER };
  const name = { cacheName, path: packPath(origin, draft.number, block.name) };
  const oldName = oldPack(record, block, origin);
  // A pack that was written just before a stop counts as staged.
  const own = await packs.get(name);
  const old = oldName && (await packs.get(oldName));
  const isChanged = Object.hasOwn(draft.changed[block.layer]!, block.name);
  const packBefore = isChanged ? own : old;
  const hasCounted =
    draft.pass > 0 && (isChanged || !wasLacking(record, record.layers[block.layer]!.layer, block.name));
  const counted = hasCounted ? countIn(packBefore, wanted) : { tiles: 0, bytes: 0 };
  const besides = draft.bytes - counted.bytes;
  const plan = { ...planOf(record, block, tools), besides, wanted, lacking, own, old, oldName };
  const isCounted = (key: string) => hasCounted && packBefore?.entries.has(key) === true;
  const filled = await fillBlock(plan, tools, { ...limits, ...progress(record, plan.id, isCounted, tools) });
  if (limits.signal.aborted) return undefined;
  if (!('tiles' in filled)) return filled.trouble;
  const size = filled.items ? await writePack(name, filled.items, tools) : 0;
  if (limits.signal.aborted) return undefined;
  const replaced = filled.items ? (packBefore?.size ?? 0) : 0;
  return { block, ordinal, filled, grown: size - replaced, counted };
}

/**
 * The requests at once that the limiter grants a region: one that waited for a slot would lose its time in the slice. An
 * archive joins the reads of tiles that come together: it gets the next ones while the last are on their way.
 */
export function slotsFor(name: string, tools: Pick<FillTools, 'layer' | 'rate'>): number {
  const { concurrency = 6, archive } = tools.layer(name) ?? {};
  const slots = archive === undefined ? Math.max(1, concurrency >> 1) : concurrency;
  // Nor may the wait for a turn take the slice's time.
  return Math.min(slots, Math.ceil((tools.rate ?? Infinity) * MAX_TURNS));
}

/** Names a draft and its pass: what failed in it is not tried again before the next. */
export const turnOf = ({ number, pass }: Draft): string => `${number} ${pass}`;

function planOf(
  record: RegionRecord,
  { layer, name }: Block,
  tools: WorkTools,
): Pick<
  BlockPlan,
  | 'region'
  | 'id'
  | 'turn'
  | 'mode'
  | 'concurrency'
  | 'most'
  | 'budget'
  | 'cautious'
  | 'impatient'
  | 'patient'
  | 'witness'
  | 'good'
  | 'any'
> {
  const { id, layers, draft } = record;
  const { mode } = draft!;
  return {
    region: id,
    id: `${layer} ${name}`,
    turn: turnOf(draft!),
    mode,
    concurrency: slotsFor(layers[layer]!.layer, tools),
    most: MAX_BLOCK_BYTES,
    budget: budgetOf(record),
    ...patienceFor(record, tools),
  };
}

/** How to treat an origin in trouble, by the waits for it so far. */
export function patienceFor(
  record: RegionRecord,
  tools: WorkTools,
): Pick<BlockPlan, 'cautious' | 'impatient' | 'patient' | 'witness' | 'good' | 'any'> {
  const { troubles, trouble = '' } = record.draft!;
  return {
    cautious: troubles > 0,
    impatient: troubles >= PATIENCE && isOfOrigin(trouble),
    patient: troubles < PATIENCE,
    witness: (fits) => findWitness(fits, record, tools),
    good: (layer) => goodTiles(layer, record, tools),
    any: (layer) => anyTiles(layer, record, tools),
  };
}

/** Counts the tiles of a block as they are settled, except those that the record counts already. */
export function progress(
  { id }: RegionRecord,
  block: string,
  isCounted: (key: string) => boolean,
  tools: Pick<WorkTools, 'lives' | 'now' | 'told'>,
) {
  const live = liveOf(id, tools);
  return {
    live,
    settled(key: string, bytes: number) {
      if (!isCounted(key) && countTile(live, block, key, bytes)) live.count += 1;
      tools.told(id);
    },
  };
}

function countIn(pack: Pack | undefined, wanted: readonly Wanted[]) {
  const keys = new Set(wanted.map(({ key }) => key));
  let [tiles, bytes] = [0, 0];
  for (const { key, length } of pack?.entries.values() ?? [])
    if (keys.has(key)) {
      tiles += 1;
      bytes += length;
    }
  return { tiles, bytes };
}

const writePack = (name: PackName, items: PackItem[], tools: WorkTools): Promise<number> =>
  withRoom(bytesIn(items), tools, () => tools.packs.write(name, items));
