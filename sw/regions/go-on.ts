import { isQuotaError } from '../index/eviction';
import { type LedgerState, recordOf } from '../ledger/state';
import { goAgainRuled } from './again';
import { beginDraft } from './draft';
import type { Limits } from './fill-tools';
import type { WorkTools } from './job-tools';
import { beginSlice, createLive, endSlice, type Live, liveOf } from './live';
import { isOutdated } from './outdated';
import type { RegionRecord } from './records';
import { overtakenDraft } from './switch';
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

/** Milliseconds until the worker tries a storage again that was full: nobody resumes the region of a kiosk. */
const STORAGE_MS = 3_600_000;

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
  if (!known) return undefined;
  const rest = restOf(known, tools.now());
  if (rest > 0) return rest;
  const record = await due(known, state, tools);
  if (!record || limits.signal.aborted) return undefined;
  const live = await liveOfDraft(record, tools);
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
  beginSlice(live, tools.now());
  told(id, true);
  const working = workOn(id, tools, limits).finally(() => endSlice(live, tools.now()));
  return working.catch(async (error: unknown) => {
    // Storage is full for this region: it waits until there is room, and the others go on.
    const record = book.get(id);
    if (!record || limits.signal.aborted) return 0;
    // Leave some room to everything else on the site, such as the ledger: the tiles of one block.
    if (isQuotaError(error)) await tools.records.unstage(id).catch(() => {});
    try {
      await giveUp({ ...record, failedAt: tools.now() }, storageFailed(error), tools);
      return STORAGE_MS;
    } catch {
      // Not even the record can be written: tiles requested meanwhile would be lost as well.
      liveOf(id, tools).reason = 'busy';
      told(id, true);
      return RETRY_MS;
    }
  });
}

/** Returns what the worker knows of the draft; nothing of an earlier one of the region counts. */
async function liveOfDraft({ id, draft }: RegionRecord, { lives, records, now }: WorkTools): Promise<Live> {
  const known = lives.get(id);
  if (known?.draft === draft!.number) return known;
  const live = createLive(draft!.number, await records.stagedSizes(id).catch(() => []), now());
  lives.set(id, live);
  return live;
}

/**
 * Returns the record with the draft to work on, and begins one if the edition is outdated; undefined if there is
 * nothing to do.
 */
async function due(
  given: RegionRecord,
  state: LedgerState,
  { book, now }: WorkTools,
): Promise<RegionRecord | undefined> {
  const record = given.failedAt === undefined ? given : withoutError(given);
  if (record.paused || record.error) return undefined;
  const { edition, draft } = record;
  const isStalled = draft?.stalled && !overtakenDraft(record, state) && !hasLearnt(record, state);
  if (isStalled || (!draft && edition && !isOutdated(edition, state))) return undefined;
  const next = !draft
    ? beginDraft(record, edition ? 'ruled' : 'missing', state, now())
    : draft.stalled
      ? goAgainRuled(record, state)
      : record;
  if (next !== given) await book.put(next);
  return next;
}

/** True if a version has become known since the draft's pass began: without one, some URLs cannot be made. */
const hasLearnt = ({ layers, draft }: RegionRecord, state: LedgerState): boolean =>
  layers.some(({ layer }) => draft!.versions[layer] === undefined && recordOf(state, layer).version !== undefined);

/** Returns the milliseconds for which the region leaves a storage alone that was full. */
function restOf({ failedAt }: RegionRecord, now: number): number {
  const gone = failedAt === undefined ? Infinity : now - failedAt;
  // A time ahead comes from a clock that was set back since.
  return gone >= 0 && gone < STORAGE_MS ? STORAGE_MS - gone : 0;
}

function withoutError({ error: _, failedAt: __, ...record }: RegionRecord): RegionRecord {
  return { ...record, paused: false };
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
