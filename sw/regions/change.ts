import type { FailedTile, RegionInfo } from '../../src/shared/regions';
import type { CommandTools } from './command-tools';
import { beginDraft } from './draft';
import { infoNow } from './info';
import { changeKnown, stateNow } from './known';
import { putAndTell } from './put-and-tell';
import type { RegionRecord } from './records';

export function pauseRegion(id: unknown, tools: CommandTools): Promise<RegionInfo> {
  return change(id, (record) => ({ ...record, paused: true }), tools);
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
    const going = { ...record, paused: false };
    if (record.draft && !record.draft.stalled) return going;
    return beginDraft(await tools.space.dropDraft(going), record.edition ? 'all' : 'missing', state, tools.now());
  };
  return change(id, next, tools);
}

export async function removeRegion(id: unknown, tools: CommandTools): Promise<undefined> {
  const last = await changeKnown(id, tools, async (record) => {
    await tools.space.removeRegion(record.id);
    return infoNow(record, tools);
  });
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
  const { error: _, ...rest } = record;
  const next = { ...rest, paused: false };
  const { draft, edition } = next;
  if (draft) {
    const { stalled, ...going } = draft;
    if (!stalled) return { ...next, draft: { ...going, notBefore: 0, troubles: 0 } };
    // Request only the failed tiles again; those beyond what the record names are somewhere in all blocks.
    const { list: _, assets, ...rest } = going;
    const isPart = ({ tile }: FailedTile) => tile === undefined;
    return {
      ...next,
      draft: {
        ...rest,
        ...(!draft.more && { list: space.ordinalsOf(record, draft.failed) }),
        // The style's parts are gathered again if one of them failed.
        ...(assets && !draft.failed.some(isPart) && { assets }),
        failed: draft.failed.filter((one) => !isPart(one)),
        pass: 1,
        open: [],
        done: 0,
        notBefore: 0,
      },
    };
  }
  return edition && edition.failed.length > 0 ? beginDraft(next, 'failed', ledger.state!, now()) : next;
}
