import { askOrigin, type Trouble, written } from './ask-origin';
import type { BlockPlan, Filled, Settled, Stopped, WantedItem } from './block-plan';
import type { FillTools, Limits } from './fill-tools';
import type { Filling, Progress } from './filling';
import { createLooks, type Looks } from './look-ahead';
import type { PackItem } from '../store/pack';
import type { StagedTile } from './records';
import type { Found } from '../lookup/found';
import type { Got } from './live';
import { withRoom } from './room';
import { noteAnswer, refusedBy } from './refusing';
import { isSilence } from './trouble';
import { awaitUnderway } from './underway';
import { blameFor } from './witness';
import { asKept, keptGood } from './kept-good';
import { itemsOf, takeOver } from './take-over';

/** The number of failures that one block tolerates before it stops asking the origin for a while. */
const MAX_TROUBLES = 4;

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
  const turn = `${plan.turn} ${plan.id}`;
  const unstaged = watch.live.unstaged.get(turn) ?? {
    failed: new Map(),
    missed: new Map(),
    late: new Set(),
    underway: new Map(),
    witnesses: new Map(),
    troubles: 0,
    answered: false,
  };
  const filling: Filling = {
    plan,
    tools,
    watch,
    staged,
    done: new Map(),
    failed: new Map(),
    unstaged,
    held: 0,
    troubles: unstaged.troubles,
    answered: unstaged.answered,
  };
  await settleAll(filling);
  let outcome = await outcomeOf(filling);
  const { answered, latest, troubles } = filling;
  // After a wait for the origin, tiles that failed are requested once more.
  if (filling.trouble) watch.live.unstaged.set(turn, { ...unstaged, failed: new Map(), troubles: 0, answered: false });
  else if ('anew' in outcome) watch.live.unstaged.delete(turn);
  else watch.live.unstaged.set(turn, { ...unstaged, troubles, answered });
  // The time is over, and an origin that was in trouble still is.
  if (latest && plan.cautious && !plan.impatient && !answered && !('tiles' in outcome)) outcome = { trouble: latest };
  return outcome;
}

async function settleAll(filling: Filling): Promise<void> {
  const { plan, watch } = filling;
  const { late, underway } = filling.unstaged;
  const place = ({ key }: WantedItem) =>
    filling.staged.has(key) || plan.own?.entries.has(key) ? 0 : underway.has(key) ? 1 : late.has(key) ? 3 : 2;
  const queue = [...plan.wanted].sort((a, b) => place(a) - place(b));
  const looks = createLooks(queue, filling);
  let broken = false;
  const mayGoOn = () => !watch.signal.aborted && !filling.trouble && !broken && watch.hasTime();
  const worker = async (alone: boolean) => {
    try {
      while (queue.length > 0 && mayGoOn() && !(alone && filling.answered))
        await settleOne(queue.shift()!, filling, looks);
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

async function settleOne(next: WantedItem, filling: Filling, looks: Looks): Promise<void> {
  const { plan, tools, watch, staged, unstaged } = filling;
  const failure = unstaged.failed.get(next.key);
  if (failure) return void filling.failed.set(next.key, failure);
  if (filling.held >= plan.most) return fail(next, 'too large', filling);
  const known = await takeOver(next, staged.get(next.key), plan, tools);
  if (known) return settle(known, filling);
  const missedAt = unstaged.missed.get(next.key);
  const missed = missedAt === undefined ? undefined : asKept(next.key, missedAt, plan);
  if (missed) return settle(missed, filling);
  const { underway } = unstaged;
  const isNew = !underway.has(next.key);
  const { held, found } = isNew && plan.mode !== 'all' ? await looks.take(next) : {};
  if (held) return settle(await stage({ key: next.key, ...held.item }, held.bytes, filling), filling);
  const refused = filling.refused ?? refusedBy(next, filling);
  if (isNew && refused !== undefined) return fail(next, refused, filling);
  looks.ahead();
  const got = await awaitUnderway(next.key, underway, () => request(next, found, filling), watch);
  if (!got || (got.kind === 'trouble' && (await bear(next, got, filling)) === 'later')) return;
  underway.delete(next.key);
  if (got.kind === 'refused') fail(next, got.reason, filling);
  if (got.kind === 'had') {
    filling.troubles = 0;
    filling.answered = true;
    settle(got.settled, filling);
  }
  await noteAnswer(next, got, filling);
}

/** Requests a tile, and makes it durable at once: the slice may have ended meanwhile. */
async function request(next: WantedItem, found: Found | undefined, filling: Filling): Promise<Got> {
  const { plan, tools, watch, unstaged } = filling;
  const answered = await askOrigin(next, tools, watch, plan.mode === 'all', found);
  if (answered.kind !== 'tile') return answered;
  if (watch.signal.aborted) return { kind: 'aborted' };
  const { tile, bytes } = answered;
  const good = keptGood(next, tile, plan, tools);
  if (good) unstaged.missed.set(next.key, good.item.missedAt!);
  const item = { key: next.key, ...written(tile), body: bytes };
  return { kind: 'had', settled: good ?? (await stage(item, bytes.byteLength, filling)) };
}

/**
 * Tolerates a tile without any answer if its host is there, and some failures of the origin unless the origin itself says
 * when to come back. Once the worker has waited for it long enough, an origin that still asks for a wait is asked for
 * nothing more in this block. Resolves with `later` if the slice must end before it is known whether the host is there.
 */
async function bear(next: WantedItem, trouble: Trouble, filling: Filling): Promise<'later' | void> {
  const { plan, unstaged } = filling;
  const { reason, after } = trouble;
  unstaged.late.add(next.key);
  if (isSilence(reason)) {
    const blame = await blameFor(next, filling);
    if (blame === undefined) return 'later';
    if (blame === 'tile') filling.answered = true;
    // The block gets one more try after a wait, and then the next.
    if (blame === 'host') Object.assign(filling, { refused: reason, gaveUp: true });
    if (blame !== 'network') return fail(next, reason, filling);
  } else {
    filling.troubles += 1;
    const isFew = filling.troubles <= MAX_TROUBLES;
    if (plan.impatient || (after === undefined && isFew)) {
      filling.latest = trouble;
      if (after !== undefined && !isFew) filling.refused = reason;
      return fail(next, reason, filling);
    }
  }
  filling.trouble = filling.latest = { reason, ...(after !== undefined && { after }) };
}

function fail({ key, address, tile }: WantedItem, reason: string, { failed, unstaged }: Filling): void {
  const failure = { layer: address.layer.name, ...(tile && { tile }), reason };
  failed.set(key, failure);
  unstaged.failed.set(key, failure);
}

function settle(settled: Settled, filling: Filling): void {
  filling.done.set(settled.item.key, settled);
  filling.held += settled.bytes;
  const { besides, budget } = filling.plan;
  const bytes = besides + filling.held;
  if (bytes > budget) filling.trouble = { reason: 'too large', bytes };
  filling.watch.settled(settled.item.key, settled.bytes);
}

/** Makes a tile durable. */
async function stage(item: PackItem, bytes: number, { plan, tools }: Filling): Promise<Settled> {
  const tile: StagedTile = { region: plan.region, block: plan.id, ...item };
  await withRoom(bytes, tools, () => tools.records.stage(tile));
  return { item, bytes, fresh: true };
}

async function outcomeOf({
  plan,
  tools,
  done,
  failed,
  trouble,
  troubles,
  answered,
  refused,
  gaveUp,
}: Filling): Promise<Filled | Stopped> {
  if (trouble) return { trouble };
  if (done.size + failed.size < new Set(plan.wanted.map(({ key }) => key)).size) return {};
  const settled = [...done.values()];
  const bytes = settled.reduce((sum, { bytes }) => sum + bytes, 0);
  const counts = {
    failed: [...failed.values(), ...(plan.lacking ?? [])],
    tiles: done.size,
    bytes,
    // An origin that names its wait gets all the patience again.
    ...((gaveUp ?? (plan.impatient && troubles > 0 && refused === undefined)) &&
      !answered && { lasting: true as const }),
  };
  // Nothing to write: no layer of the worker has any tile of the block.
  if (plan.wanted.length === 0 && plan.lacking?.length) return { ...counts, items: undefined };
  const { own, old } = plan;
  const isSame = old && !own && old.entries.size === done.size && settled.every(({ fresh }) => !fresh);
  if (isSame) return { ...counts, items: undefined };
  const items = await itemsOf(settled, plan, tools.packs);
  // The tile was damaged since the check: treat it as if it had not come.
  return items ? { ...counts, items } : { anew: true };
}
