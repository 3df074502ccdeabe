import { afterBlock } from './after-block';
import type { Trouble } from './ask-origin';
import { doBlock } from './block-work';
import { endPass } from './end-pass';
import { beginAssets } from './fill-assets';
import type { Limits } from './fill-tools';
import type { WorkTools } from './job-tools';
import { liveOf } from './live';
import type { RegionRecord } from './records';
import { areThere } from './take-over';
import { backOff, budgetOf } from './trouble';

/**
 * Works on a region block by block, until its edition is done, the time is over, or no tiles come. Resolves with the
 * milliseconds after which it wants to go on. Each step reads the durable record anew.
 */
export async function workOn(id: string, tools: WorkTools, limits: Limits): Promise<number> {
  while (limits.hasTime()) {
    const record = tools.book.get(id);
    const draft = record?.draft;
    if (limits.signal.aborted || !record || !draft || draft.stalled || record.paused) return 0;
    const { bytes } = draft;
    if (bytes > budgetOf(record)) return backOff(record, { reason: 'too large', bytes }, tools);
    if (record.spec.style && !draft.hasParts && !draft.assets) {
      const begun = await beginAssets(record, tools, limits);
      if (!begun) return 0;
      if ('reason' in begun) return backOff(record, begun, tools);
      continue;
    }
    const ordinals = draft.list ?? tools.blocksFor(record).map((_, i) => i);
    if (draft.done < ordinals.length) {
      const trouble = await takeBlock(record, ordinals[draft.done]!, tools, limits);
      if (trouble) return backOff(record, trouble, tools);
      continue;
    }
    const next = await endPass(record, tools, limits);
    if (!next) return 0;
    if ('reason' in next) return backOff(record, next, tools);
  }
  return 0;
}

/**
 * Works on one block. Also resolves with undefined if the block is not done yet: the time is over, or the block begins
 * anew.
 */
async function takeBlock(
  record: RegionRecord,
  ordinal: number,
  tools: WorkTools,
  limits: Limits,
): Promise<Trouble | undefined> {
  const done = await doBlock(record, ordinal, tools, limits);
  if (limits.signal.aborted || !done) return undefined;
  if ('reason' in done) return done;
  const { layer, name } = done.block;
  const { items = [] } = done.filled;
  const isNoted = await tools.lending(async () => {
    if (!(await areThere(items, tools.packs))) return false;
    await tools.book.put(afterBlock(record, done), `${layer} ${name}`);
    return true;
  });
  if (!isNoted) return undefined;
  const live = liveOf(record.id, tools);
  // The record counts them now.
  live.ahead.delete(`${layer} ${name}`);
  live.unstaged.clear();
  tools.told(record.id);
  return undefined;
}
