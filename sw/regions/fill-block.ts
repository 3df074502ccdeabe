import type { FailedTile } from '../../src/shared/regions';
import { askOrigin, type Trouble, written } from './ask-origin';
import type { BlockPlan, Filled, Settled, Stopped, WantedItem } from './block-plan';
import type { FillTools, Limits } from './fill-tools';
import { fromStore } from './from-store';
import type { PackItem } from './pack';
import type { StagedTile } from './records';
import { withRoom } from './room';
import { keptGood } from './kept-good';
import { itemsOf, takeOver } from './take-over';

/** The number of failures that one block tolerates before it stops asking the origin for a while. */
const MAX_TROUBLES = 4;

/** Watches the filling of a block. */
export interface Progress {
  /** Called with the number of tiles that are staged already. */
  begun: (staged: number) => void;
  settled: (tiles: number, bytes: number) => void;
}

/** A block that is being filled. */
interface Filling {
  readonly plan: BlockPlan;
  readonly tools: FillTools;
  readonly watch: Limits & Progress;
  /** The tiles that an earlier run of the worker has staged, by key. */
  readonly staged: ReadonlyMap<string, StagedTile>;
  readonly done: Map<string, Settled>;
  readonly failed: Map<string, FailedTile>;
  /** Bytes of the settled tiles. */
  held: number;
  /** Failures of the origin in a row. */
  troubles: number;
  /** The origin has answered with a tile. */
  answered: boolean;
  /** If set, tiles that would have to be requested fail with this reason. */
  refused?: string;
  /** If set, the block ends here for now. */
  trouble?: Trouble;
}

/**
 * Settles all tiles of a block: takes over tiles that are right already, and requests the rest. Makes each tile durable
 * before it counts the next. Ends early, and keeps the staged tiles, when `signal` aborts, when `hasTime` returns
 * false, or when the origin is in trouble.
 */
export async function fillBlock(
  plan: BlockPlan,
  tools: FillTools,
  watch: Limits & Progress,
): Promise<Filled | Stopped> {
  const staged = new Map((await tools.records.staged(plan.region, plan.id)).map((tile) => [tile.key, tile]));
  watch.begun(staged.size);
  const filling: Filling = {
    plan,
    tools,
    watch,
    staged,
    done: new Map(),
    failed: new Map(),
    held: 0,
    troubles: 0,
    answered: false,
  };
  await settleAll(filling);
  return outcomeOf(filling);
}

async function settleAll(filling: Filling): Promise<void> {
  const { plan, watch } = filling;
  const queue = [...plan.wanted];
  let broken = false;
  const mayGoOn = () => !watch.signal.aborted && !filling.trouble && !broken && watch.hasTime();
  const worker = async (alone: boolean) => {
    try {
      while (queue.length > 0 && mayGoOn() && !(alone && filling.answered)) await settleOne(queue.shift()!, filling);
    } catch (error) {
      // End the others as well: no work may go on behind a slice that has failed.
      broken = true;
      throw error;
    }
  };
  if (plan.cautious) await worker(true);
  const workers = Array.from({ length: Math.min(plan.concurrency, queue.length) }, () => worker(false));
  await Promise.allSettled(workers);
  await Promise.all(workers);
}

async function settleOne(next: WantedItem, filling: Filling): Promise<void> {
  const { plan, tools, watch, staged } = filling;
  if (filling.held >= plan.most) return fail(next, 'too large', filling);
  const known = await takeOver(next, staged.get(next.key), plan, tools);
  if (known) return settle(known, filling);
  const isValidated = plan.mode === 'all';
  const { held, found } = isValidated ? {} : await fromStore(next, plan.region, tools);
  if (held) return stage({ key: next.key, ...held.item }, held.bytes, filling);
  if (filling.refused !== undefined) return fail(next, filling.refused, filling);
  const answered = await askOrigin(next, tools, watch.signal, isValidated, found);
  switch (answered.kind) {
    case 'aborted':
      return;
    case 'refused':
      return fail(next, answered.reason, filling);
    case 'trouble':
      return bear(next, answered, filling);
    case 'tile': {
      filling.troubles = 0;
      filling.answered = true;
      const { tile, bytes } = answered;
      const good = keptGood(next, tile, plan, tools);
      if (good) return settle(good, filling);
      return stage({ key: next.key, ...written(tile), body: bytes }, bytes.byteLength, filling);
    }
  }
}

/**
 * Tolerates some failures of the origin, unless the origin itself says when to come back. Once the worker has waited
 * for it long enough, an origin that still asks for a wait is asked for nothing more in this block.
 */
function bear(next: WantedItem, { reason, after }: Trouble, filling: Filling): void {
  filling.troubles += 1;
  const isFew = filling.troubles <= MAX_TROUBLES;
  if (filling.plan.impatient || (after === undefined && isFew)) {
    if (after !== undefined && !isFew) filling.refused = reason;
    return fail(next, reason, filling);
  }
  filling.trouble = { reason, ...(after !== undefined && { after }) };
}

function fail({ key, address, tile }: WantedItem, reason: string, { failed }: Filling): void {
  failed.set(key, { layer: address.layer.name, ...(tile && { tile }), reason });
}

function settle(settled: Settled, filling: Filling): void {
  filling.done.set(settled.item.key, settled);
  filling.held += settled.bytes;
  filling.watch.settled(1, settled.bytes);
}

/** Makes a tile durable, then counts it. */
async function stage(item: PackItem, bytes: number, filling: Filling): Promise<void> {
  const { plan, tools } = filling;
  const tile: StagedTile = { region: plan.region, block: plan.id, ...item };
  await withRoom(bytes, tools, () => tools.records.stage(tile));
  settle({ item, bytes, fresh: true }, filling);
}

async function outcomeOf({ plan, tools, done, failed, trouble }: Filling): Promise<Filled | Stopped> {
  if (trouble) return { trouble };
  if (done.size + failed.size < new Set(plan.wanted.map(({ key }) => key)).size) return {};
  const settled = [...done.values()];
  const bytes = settled.reduce((sum, { bytes }) => sum + bytes, 0);
  const counts = { failed: [...failed.values(), ...(plan.lacking ?? [])], tiles: done.size, bytes };
  // Nothing to write: no layer of the worker has any tile of the block.
  if (plan.wanted.length === 0 && plan.lacking?.length) return { ...counts, items: undefined };
  const { own, old } = plan;
  const isSame = old && !own && old.entries.size === done.size && settled.every(({ fresh }) => !fresh);
  if (isSame) return { ...counts, items: undefined };
  const items = await itemsOf(settled, plan, tools.packs);
  // The tile was damaged since the check: treat it as if it had not come.
  return items ? { ...counts, items } : {};
}
