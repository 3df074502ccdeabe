import type { RegionInfo } from '../../src/shared/regions';
import { goAgain } from './again';
import type { CommandTools } from './command-tools';
import { beginDraft } from './draft';
import { infoNow } from './info';
import { changeKnown, stateNow } from './known';
import type { Grown } from './lend-pack';
import { putAndTell } from './put-and-tell';
import { recount } from './recount';
import type { RegionRecord } from './records';

export function pauseRegion(id: unknown, tools: CommandTools): Promise<RegionInfo> {
  return change(id, ({ failedAt: _, ...record }) => ({ ...record, paused: true }), tools);
}

/** Resumes a region, whatever it waits for. If the edition is whole except for some tiles, requests these again. */
export async function resumeRegion(id: unknown, tools: CommandTools): Promise<RegionInfo> {
  await stateNow(tools);
  return change(id, (record) => resumed(record, tools), tools);
}

/** Validates all tiles anew; if a draft is in progress, continues that instead. */
export async function updateRegion(id: unknown, tools: CommandTools): Promise<RegionInfo> {
  const state = await stateNow(tools);
  const next = async (record: RegionRecord): Promise<RegionRecord> => {
    const { error: _, failedAt: __, ...rest } = record;
    const going = { ...rest, paused: false };
    if (record.draft && !record.draft.stalled) return going;
    return beginDraft(await tools.space.dropDraft(going), record.edition ? 'all' : 'missing', state, tools.now());
  };
  return change(id, next, tools);
}

export async function removeRegion(id: unknown, tools: CommandTools): Promise<undefined> {
  let grown: Grown[] = [];
  const last = await changeKnown(id, tools, async (record) => {
    grown = await tools.space.removeRegion(record.id);
    return infoNow(record, tools);
  });
  // Not awaited: the removal waits for no other region.
  tools.later(recount(grown, { ...tools, alone: tools.job.alone }));
  await tools.tell({ type: 'TILE_REGION', region: { ...last, state: 'lost' }, removed: true });
  return undefined;
}

const change = (
  id: unknown,
  next: (record: RegionRecord) => RegionRecord | Promise<RegionRecord>,
  tools: CommandTools,
): Promise<RegionInfo> =>
  changeKnown(id, tools, async (record) => infoNow(await putAndTell(await next(record), tools), tools));

function resumed(record: RegionRecord, { ledger, now, space }: CommandTools): RegionRecord {
  const { error: _, failedAt: __, ...rest } = record;
  const next = { ...rest, paused: false };
  const { draft, edition } = next;
  if (draft) {
    if (!draft.stalled) return { ...next, draft: { ...draft, notBefore: 0, troubles: 0 } };
    // Request only the failed tiles again; those beyond what the record names are somewhere in all blocks.
    return goAgain(next, draft.more ? undefined : space.ordinalsOf(record, draft.failed));
  }
  return edition && edition.failed.length > 0 ? beginDraft(next, 'failed', ledger.state!, now()) : next;
}
