import type { RegionInfo, RegionState } from '../../src/shared/regions';
import type { LedgerState } from '../ledger/state';
import type { CommandTools } from './command-tools';
import type { Live } from './live';
import { isOutdated } from './outdated';
import type { RegionRecord } from './records';

/** The largest number of failed tiles to name. */
const MAX_TOLD = 100;

/** Resolves with a region as it is now, without the facts that storage does not tell. */
export async function infoNow(record: RegionRecord, tools: CommandTools): Promise<RegionInfo> {
  const { job, ledger, now, records } = tools;
  const live = job.live(record.id);
  const staged = !live && record.draft ? await records.countStaged(record.id).catch(() => 0) : 0;
  const persisted = await tools.persisted().catch(() => undefined);
  const info = infoOf(record, { live, state: ledger.state, now: now(), staged });
  return persisted === undefined ? info : { ...info, persisted };
}

/**
 * Returns a region as pages see it. `staged` is the number of tiles that wait for their pack, if this run of the worker
 * has not counted them.
 */
export function infoOf(
  record: RegionRecord,
  { live, state, now, staged }: { live: Live | undefined; state: LedgerState | undefined; now: number; staged: number },
): RegionInfo {
  const { id, name, spec, edition, draft, total, expected, error } = record;
  const inHand = Math.max(live?.tiles ?? 0, live ? live.floor : staged);
  const tiles = draft ? Math.min(total, draft.tiles + inHand) : (edition?.tiles ?? 0);
  const failed = draft?.failed ?? edition?.failed ?? [];
  const seconds = live ? (now - live.since) / 1000 : 0;
  const working = draft && live && !live.reason && !record.paused && live.count > 0 && seconds > 0;
  const rate = working ? live.count / seconds : undefined;
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
    bytes: draft ? draft.bytes + (live?.bytes ?? 0) : (edition?.bytes ?? 0),
    stored: draft?.stored ?? edition?.stored ?? 0,
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
