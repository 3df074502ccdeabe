import { TileCacheError } from '../../src/shared/errors';
import type { RegionEstimate, RegionInfo, RegionSpec } from '../../src/shared/regions';
import type { LedgerState } from '../ledger/state';
import type { Trouble } from './ask-origin';
import { type Checked, checkSpec } from './check-spec';
import type { CommandTools } from './command-tools';
import { beginDraft } from './draft';
import { infoNow } from './info';
import { stateNow } from './known';
import { putAndTell } from './put-and-tell';
import type { RegionRecord } from './records';
import { estimateRegion, type Sampled } from './sample';

/** Begins a region, or begins an existing one anew: its edition stays in force until the new one is whole. */
export async function saveRegion(given: unknown, tools: CommandTools): Promise<RegionInfo> {
  const checked = await checkSpec(given, tools);
  const state = await stateNow(tools);
  await tools.book.load();
  return tools.job.alone(checked.spec.id, (hurry) => saveAlone(checked, state, tools, hurry));
}

async function saveAlone(
  checked: Checked,
  state: LedgerState,
  tools: CommandTools,
  hurry: AbortSignal,
): Promise<RegionInfo> {
  const { book, now } = tools;
  const { spec, layers, total } = checked;
  // Tiles of a sample that a stop has left behind may be another user's.
  if (!book.get(spec.id)) await tools.records.unstage(spec.id).catch(() => {});
  const sample = await fittingSample(checked, book.get(spec.id), tools, hurry);
  const known = book.get(spec.id);
  const latest = known && (await tools.space.dropDraft(known));
  const record: RegionRecord = {
    id: spec.id,
    name: spec.name ?? spec.id,
    spec,
    layers,
    createdAt: latest?.createdAt ?? now(),
    total,
    ...(sample?.bytes !== undefined && { expected: sample.bytes }),
    paused: false,
    borrows: latest?.borrows ?? [],
    garbage: latest?.garbage ?? [],
    last: latest?.last ?? 0,
    ...(latest?.edition && { edition: latest.edition }),
  };
  const begun = beginDraft(record, 'missing', state, now());
  return infoNow(await putAndTell(sample?.busy ? held(begun, sample.busy, now()) : begun, tools), tools);
}

/** Returns the record with a draft that waits, because its host has asked the sample for a wait. */
const held = (record: RegionRecord, { reason, after = 0 }: Trouble, now: number): RegionRecord => ({
  ...record,
  draft: { ...record.draft!, troubles: 1, trouble: reason, notBefore: now + after, wait: after },
});

/**
 * Takes a sample, whose tiles are the first of a new region; deletes them if the region is too large. Resolves with
 * undefined if no sample could be taken.
 */
async function fittingSample(
  checked: Checked,
  before: RegionRecord | undefined,
  tools: CommandTools,
  hurry: AbortSignal,
): Promise<Sampled | undefined> {
  const sample = await estimateRegion(checked, !before, tools, hurry).catch(() => undefined);
  try {
    if (sample) checkFits(sample, checked.spec, before?.edition?.stored ?? 0);
  } catch (error) {
    if (!before) await tools.records.unstage(checked.spec.id).catch(() => {});
    throw error;
  }
  return sample;
}

/**
 * `before` is the bytes that the region holds already, of which most stay where they are. Blocks that differ are there
 * twice until the switch: if there is no room for them, the download ends, and the old edition stays.
 */
export function checkFits(
  { bytes, available }: Pick<RegionEstimate, 'bytes' | 'available'>,
  spec: RegionSpec,
  before: number,
): void {
  if (bytes === undefined) return;
  const refuseSize = (most: number, field: string, what: string, remedy: string): never => {
    throw new TileCacheError({
      code: 'LIMIT_EXCEEDED',
      field,
      message: `The region needs about ${bytes} bytes, and ${what} ${Math.floor(most)}.`,
      remedy,
    });
  };
  const budget = spec.maxBytes ?? 2 ** 30;
  if (bytes > budget)
    refuseSize(budget, 'maxBytes', 'maxBytes is', 'Use fewer zooms, smaller bounds, or a higher maxBytes.');
  const less = 'Use fewer zooms or smaller bounds, or remove another region.';
  if (available !== undefined && bytes - before > available)
    refuseSize(available, 'bounds', 'the browser has left', less);
}
