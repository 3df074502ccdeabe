import type { RegionInfo } from '../../src/shared/regions';
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
  const next = (record: RegionRecord): RegionRecord => {
    const going = { ...record, paused: false };
    if (record.draft && !record.draft.stalled) return going;
    return beginDraft(going, record.edition ? 'all' : 'missing', state, tools.now());
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

const change = (id: unknown, next: (record: RegionRecord) => RegionRecord, tools: CommandTools): Promise<RegionInfo> =>
  changeKnown(id, tools, async (record) => infoNow(await putAndTell(next(record), tools), tools));

function resumed(record: RegionRecord, { ledger, now, space }: CommandTools): RegionRecord {
  const { error: _, ...rest } = record;
  const next = { ...rest, paused: false };
  const { draft, edition } = next;
  if (draft) {
    const { stalled, ...going } = draft;
    if (!stalled) return { ...next, draft: { ...going, notBefore: 0, troubles: 0 } };
    // Request only the failed tiles again.
    const list = space.ordinalsOf(record, draft.failed);
    return { ...next, draft: { ...going, pass: 1, list, open: [], done: 0, notBefore: 0 } };
  }
  return edition && edition.failed.length > 0 ? beginDraft(next, 'failed', ledger.state!, now()) : next;
}
