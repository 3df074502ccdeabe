import type { RegionInfo, RegionState } from '../../src/shared/regions';
import type { LedgerState } from '../ledger/state';
import type { CommandTools } from './command-tools';
import { createLive, type Live, rateOf, sumAhead } from './live';
import { isOutdated } from './outdated';
import type { RegionRecord } from './records';

/** The largest number of failed tiles to name. */
const MAX_TOLD = 100;

/** Resolves with a region as it is now, without the facts that storage does not tell. */
export async function infoNow(record: RegionRecord, tools: CommandTools): Promise<RegionInfo> {
  const { book, job, ledger, now, records } = tools;
  const { id, draft } = record;
  const persisted = await tools.persisted().catch(() => undefined);
  const isKnown = !draft || job.live(id)?.draft === draft.number;
  const staged = isKnown ? undefined : await records.stagedSizes(id).catch(() => []);
  const live = staged ? createLive(draft!.number, staged, now()) : job.live(id);
  // The record as it is now: one that a block has been added to counts what `live` counted before.
  const info = infoOf(book.get(id) ?? record, { live, state: ledger.state, now: now() });
  return persisted === undefined ? info : { ...info, persisted };
}

/** Returns a region as pages see it. */
export function infoOf(
  record: RegionRecord,
  { live, state, now }: { live: Live | undefined; state: LedgerState | undefined; now: number },
): RegionInfo {
  const { id, name, spec, edition, draft, total, expected, error } = record;
  // After an update that has failed, the edition in force is what there is.
  const making = edition && (draft?.stalled || error) ? undefined : draft;
  const ahead = sumAhead(live, making);
  // An edition that only lacks what failed has the rest already.
  const least = making && making.mode !== 'failed' ? undefined : edition;
  const made = making ? { tiles: making.tiles + ahead.tiles, bytes: making.bytes + ahead.bytes } : undefined;
  const tiles = Math.min(total, Math.max(made?.tiles ?? 0, least?.tiles ?? 0));
  const failed = draft?.failed ?? edition?.failed ?? [];
  const rate = draft && live && !live.reason && !record.paused ? rateOf(live, now) : undefined;
  return {
    id,
    name,
    state: stateOf(record, live, state),
    layers: record.layers.map(({ layer }) => layer),
    bounds: spec.bounds,
    zooms: spec.zooms,
    ...(spec.style !== undefined && { style: spec.style }),
    tiles,
    total,
    bytes: Math.max(made?.bytes ?? 0, least?.bytes ?? 0),
    stored: (making ?? edition)?.stored ?? 0,
    ...(expected !== undefined && { expected }),
    ...(rate !== undefined && { rate, remaining: Math.max(0, total - tiles) / rate }),
    failed: failed.length,
    failures: failed.slice(0, MAX_TOLD),
    edition: edition?.number ?? 0,
    versions: Object.fromEntries(Object.entries(edition?.versions ?? {}).filter(([, version]) => version !== '')),
    ...(edition && { savedAt: edition.savedAt }),
    ...(error && { error }),
    ...(draft && live?.reason && !record.paused && { reason: live.reason }),
  };
}

function stateOf(record: RegionRecord, live: Live | undefined, state: LedgerState | undefined): RegionState {
  const { edition, draft, paused, error, lost } = record;
  if (error) return 'failed';
  if (paused) return 'paused';
  if (lost && !draft) return 'lost';
  if (draft?.stalled) return 'incomplete';
  if (draft) return live?.reason ? 'waiting' : edition ? 'updating' : 'downloading';
  if (!edition) return 'waiting';
  if (state && isOutdated(edition, state)) return 'outdated';
  return edition.failed.length > 0 ? 'incomplete' : 'complete';
}
