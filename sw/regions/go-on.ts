import { isQuotaError } from '../index/eviction';
import type { LedgerState } from '../ledger/state';
import { beginDraft } from './draft';
import type { Limits } from './fill-tools';
import type { WorkTools } from './job-tools';
import { type Live, liveOf } from './live';
import { isOutdated } from './outdated';
import type { RegionRecord } from './records';
import { giveUp, storageFailed } from './trouble';
import { workOn } from './work-on';

/** The network as the driving page knows it. */
export interface Where {
  metered: boolean;
  online: boolean;
}

/** Milliseconds until the page should ask again whether there is a network. */
const RETRY_MS = 15_000;
/**
 * The longest wait in milliseconds that an origin may ask for, for a draft of a release that did not write its wait
 * down.
 */
const MAX_WAIT = 3_600_000;

/** A region's part of a slice. Resolves with the milliseconds after which it wants to go on; undefined: never. */
export async function goOn(
  id: string,
  state: LedgerState,
  where: Where,
  tools: WorkTools,
  limits: Limits,
): Promise<number | undefined> {
  const { book, told } = tools;
  const known = book.get(id);
  const record = known && (await due(known, state, tools));
  if (!record || limits.signal.aborted) return undefined;
  const live = liveOf(id, tools);
  const before = live.reason;
  const { notBefore, wait: most = MAX_WAIT } = record.draft!;
  const left = notBefore - tools.now();
  const wait = left <= most ? left : 0;
  delete live.reason;
  const reason = reasonToWait(record, where, wait, before);
  if (reason) {
    live.reason = reason;
    if (reason !== before) told(id, true);
    return wait > 0 && where.online ? wait : RETRY_MS;
  }
  Object.assign(live, { since: tools.now(), count: 0 });
  told(id, true);
  return workOn(id, tools, limits).catch(async (error: unknown) => {
    // Storage is full for this region: it waits until there is room, and the others go on.
    const record = book.get(id);
    if (!record || limits.signal.aborted) return 0;
    // Leave some room to everything else on the site, such as the ledger: the tiles of one block.
    if (isQuotaError(error)) await tools.records.unstage(id).catch(() => {});
    try {
      await giveUp(record, storageFailed(error), tools);
      return 0;
    } catch {
      // Not even the record can be written: tiles requested meanwhile would be lost as well.
      liveOf(id, tools).reason = 'busy';
      told(id, true);
      return RETRY_MS;
    }
  });
}

/**
 * Returns the record with the draft to work on, and begins one if the edition is outdated; undefined if there is
 * nothing to do.
 */
async function due(
  record: RegionRecord,
  state: LedgerState,
  { book, now }: WorkTools,
): Promise<RegionRecord | undefined> {
  if (record.paused || record.error) return undefined;
  if (record.draft) return record.draft.stalled ? undefined : record;
  const { edition } = record;
  if (edition && !isOutdated(edition, state)) return undefined;
  const next = beginDraft(record, edition ? 'ruled' : 'missing', state, now());
  await book.put(next);
  return next;
}

/** Returns undefined if the region goes on now. `wait` is the milliseconds for which the origin is not asked. */
function reasonToWait(
  { spec }: RegionRecord,
  { metered, online }: Where,
  wait: number,
  before: Live['reason'],
): Live['reason'] {
  if (!online) return 'offline';
  if (metered && !spec.metered) return 'metered';
  return wait > 0 ? (before ?? 'busy') : undefined;
}
