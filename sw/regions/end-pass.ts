import type { FailedTile } from '../../src/shared/regions';
import type { LedgerState } from '../ledger/state';
import type { Trouble } from './ask-origin';
import { blockIn, packsOf } from './blocks';
import { rulesNow } from './draft';
import { fillAssets } from './fill-assets';
import type { Limits } from './fill-tools';
import type { WorkTools } from './job-tools';
import { clearParts, liveOf } from './live';
import { putAndTell } from './put-and-tell';
import type { PackName } from '../store/pack';
import { withoutAnyTile } from './none-at-all';
import type { Draft, Edition, RegionRecord } from './records';
import { finishDraft, overtakenDraft } from './switch';

/** The number of passes, after the first, over blocks in which tiles failed. */
const RETRIES = 1;
/** The most passes: rules may come faster than passes end. Then the edition is shown, and is outdated at once. */
const MAX_PASSES = 50;

/**
 * Ends a pass whose blocks are all done: begins another pass over tiles that failed or were overtaken, keeps what the
 * style needs, or switches. Resolves with undefined if nothing was changed, or the time is over.
 */
export async function endPass(
  record: RegionRecord,
  tools: WorkTools,
  limits: Limits,
): Promise<RegionRecord | Trouble | undefined> {
  const draft = record.draft!;
  const { state } = tools.ledger;
  if (!state) return undefined;
  // Each pass tries anew.
  liveOf(record.id, tools).refusing.clear();
  const again = nextPass(record, state);
  if (again) return putAndTell({ ...record, draft: again }, tools);
  const bare = await withoutAnyTile(record, tools);
  if (limits.signal.aborted) return undefined;
  if (bare) return putAndTell(bare, tools);
  if (record.spec.style && !draft.assets) {
    const withAssets = await fillAssets(record, tools, limits);
    if (limits.signal.aborted || !withAssets) return undefined;
    if ('reason' in withAssets) return withAssets;
    clearParts(liveOf(record.id, tools));
    return withAssets;
  }
  // A tile that the edition in force lacks, too, is no reason to keep that edition.
  if (record.edition && failsMore(draft.failed, record.edition.failed))
    return putAndTell({ ...record, draft: { ...draft, stalled: true } }, tools);
  // This one write puts the new edition in force.
  const finished = finishDraft(record, state, tools.now(), tools.origin);
  const { edition } = finished;
  const left = await bytesLeft(record.edition, edition, tools);
  await tools.book.put({ ...finished, edition: { ...edition, stored: edition.stored - left } });
  tools.lives.delete(record.id);
  tools.told(record.id, true);
  return finished;
}

/** Resolves with the bytes of the blocks that an edition had, and the next one no longer has: its area or layers are others. */
async function bytesLeft(before: Edition | undefined, after: Edition, { packs, origin }: WorkTools): Promise<number> {
  if (!before) return 0;
  const nameOf = (pack: PackName) => `${pack.cacheName} ${blockIn(pack)}`;
  const kept = new Set(packsOf(after, origin).map(nameOf));
  let bytes = 0;
  for (const pack of packsOf(before, origin))
    if (!kept.has(nameOf(pack))) bytes += (await packs.get(pack).catch(() => undefined))?.size ?? 0;
  return bytes;
}

/** Returns the draft at the start of another pass; undefined if none is needed. */
function nextPass(record: RegionRecord, state: LedgerState): Draft | undefined {
  const draft = record.draft!;
  const pass = draft.pass + 1;
  if (draft.open.length > 0 && draft.pass < RETRIES) return { ...draft, pass, list: draft.open, open: [], done: 0 };
  if (!overtakenDraft(record, state) || draft.pass >= MAX_PASSES) return undefined;
  const { list: _, ...overAll } = draft;
  return { ...overAll, pass, open: [], done: 0, ...rulesNow(record, state) };
}

/** True if a tile has failed that did not fail before. */
function failsMore(failed: readonly FailedTile[], before: readonly FailedTile[]): boolean {
  const id = ({ layer, tile, reason }: FailedTile) => JSON.stringify(tile ? [layer, tile.z, tile.x, tile.y] : reason);
  const known = new Set(before.map(id));
  return failed.some((one) => !known.has(id(one)));
}
