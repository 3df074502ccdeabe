import type { ManifestEntry } from '../../src/shared/manifest';
import type { NormalManifest } from '../../src/shared/parse-manifest';
import type { InvalidateResult, VersionsResult } from '../../src/shared/answers';
import type { Invalidation } from '../../src/shared/invalidation';
import type { WorkerMessage } from '../../src/shared/worker-messages';
import { emptyRecord, type LayerRecord, type LedgerPatch, type LedgerState, recordOf } from '../ledger/state';
import { announceVersion, invalidateRecord, type RecordChange } from '../ledger/layer-record';
import { roomFor } from '../ledger/room';
import { clearingId } from '../ledger/verdict';

/** The effects of a command besides its change of the ledger. */
export interface Effects {
  /** Cache versions to delete, by layer (`*`: every layer without a record of its own). */
  drop: Array<{ layer: string; version: string }>;
  tell: WorkerMessage[];
}

export type CommandPatch<R> = LedgerPatch<{ answer: R; effects: Effects }>;

const nothing = (): Effects => ({ drop: [], tell: [] });

/** The context of a command outside the ledger. */
export interface Around {
  /** Epoch milliseconds. */
  at?: number;
  /** The layers that have stored tiles. */
  stored?: ReadonlySet<string>;
}

/** The context of a manifest. */
export interface VersionsAround extends Around {
  /** The layers whose lower revision the worker believes. */
  believe?: readonly string[];
  /** The layers whose version comes from elsewhere. An entry for all layers does not apply to them. */
  apart?: ReadonlySet<string>;
}

const NONE: ReadonlySet<string> = new Set();

/**
 * A command is repeated if all of it is: publishers give one id to the commands of a publication, one for each layer or
 * box.
 */
const identityOf = (command: Invalidation): string => JSON.stringify(command, Object.keys(command).sort());

/** `CACHE_INVALIDATE`, as a pure change of the ledger. Throws `LIMIT_EXCEEDED` if there is no room for the layer. */
export function invalidateCommand(
  command: Invalidation,
  { at, stored = NONE }: Around = {},
): (state: LedgerState) => CommandPatch<InvalidateResult> {
  return (state) => {
    const { layer } = command;
    const id = command.id === undefined ? undefined : identityOf(command);
    const repeated = id === undefined ? undefined : state.ids.find((known) => known.id === id);
    if (repeated) {
      const answer = { ...(repeated.result as InvalidateResult), applied: false };
      return { epoch: state.epoch, records: [], result: { answer, effects: nothing() } };
    }
    // A layer that only the `*` record covered so far gets a record of its own.
    const change = invalidateRecord({ ...recordOf(state, layer), layer }, state.epoch, command, at);
    const effects = nothing();
    if (change.applied) {
      const { mode = 'purge', buffer = 1, version, bbox, zooms, scope } = command;
      effects.drop = change.drop.map((name) => ({ layer, version: name }));
      effects.tell.push(...versionMessages(layer, change), {
        type: 'TILES_INVALIDATED',
        layer,
        mode,
        buffer,
        ...(version !== undefined && { version }),
        ...(bbox && { bbox }),
        ...(zooms && { zooms }),
        ...(scope && { scope }),
      });
    }
    const current = change.record.version;
    const answer: InvalidateResult = {
      layer,
      epoch: change.epoch,
      applied: change.applied,
      ...(current !== undefined && { version: current }),
    };
    return {
      epoch: change.epoch,
      records: change.applied ? [change.record] : [],
      ...(change.applied && { forget: roomFor(state, [layer], stored).forget }),
      ...(id !== undefined && change.applied && { remember: { id, result: answer } }),
      result: { answer, effects },
    };
  };
}

/**
 * `TILE_VERSIONS`: applies the manifest's entries for all layers as one change. `known`: the layers that pages may
 * show. The answer names a layer for which there is no room; the other layers still succeed.
 */
export function versionsCommand(
  manifest: NormalManifest,
  confirmedAt: number,
  known: readonly string[],
  { at, stored = NONE, believe = [], apart = NONE }: VersionsAround = {},
): (state: LedgerState) => CommandPatch<VersionsResult> {
  return (state) => {
    const { forget, refused } = roomFor(state, Object.keys(manifest.layers), stored);
    const crowded = new Set(refused);
    let { epoch } = state;
    const records: LayerRecord[] = [];
    const effects = nothing();
    const answer: VersionsResult = { changed: [] };
    const announce = (layer: string, entry: ManifestEntry, shown: readonly string[]) => {
      const believed = believe.includes(layer);
      const record = apart.has(layer) ? (state.layers.get(layer) ?? emptyRecord(layer)) : recordOf(state, layer);
      const change = announceVersion({ ...record, layer }, epoch, entry, { confirmedAt, at, believed });
      if (!change.applied) return;
      ({ epoch } = change);
      records.push(change.record);
      effects.drop.push(...change.drop.map((version) => ({ layer, version })));
      if (apart.has(layer) && record.version === undefined)
        effects.tell.push({ type: 'VERSION_LEARNT', layer, version: entry.version });
      for (const name of shown) {
        const messages = versionMessages(name, change);
        effects.tell.push(...messages);
        if (messages.length > 0)
          answer.changed.push({ layer: name, version: entry.version, previous: change.previous });
        // Send this also for a version that was announced before: the origin has repaired an edge since.
        effects.tell.push(...rangeMessages(name, change));
      }
    };
    const { all, layers } = manifest;
    if (all) {
      const meant = (layer: string) => layer !== '*' && !(layer in layers) && !apart.has(layer);
      const own = [...state.layers.keys()].filter(meant);
      const others = known.filter((layer) => meant(layer) && !own.includes(layer));
      announce('*', all, others.length + own.length > 0 ? others : ['*']);
      for (const layer of own) announce(layer, all, [layer]);
    }
    for (const [layer, entry] of Object.entries(layers)) if (!crowded.has(layer)) announce(layer, entry, [layer]);
    if (refused.length > 0) answer.refused = refused;
    return { epoch, records, forget, result: { answer, effects } };
  };
}

function versionMessages(layer: string, change: RecordChange): WorkerMessage[] {
  const { previous, record } = change;
  if (previous === undefined || record.version === undefined) return [];
  return [{ type: 'VERSION_CHANGED', layer, version: record.version, previous }];
}

/** The messages that tell pages which part of a layer changed. */
function rangeMessages(layer: string, { ranges, record }: RecordChange): WorkerMessage[] {
  return (ranges ?? []).map((range) => ({
    type: 'TILES_INVALIDATED',
    layer,
    mode: 'stale',
    buffer: range.buffer ?? 1,
    ...(record.version !== undefined && { version: record.version }),
    ...(range.bbox && { bbox: range.bbox }),
    ...(range.zooms && { zooms: range.zooms }),
    ...(range.scope && { scope: range.scope }),
  }));
}

/** `TILE_CLEAR`: discards everything fetched before the command, including responses in flight. */
export function clearCommand(
  layer: string | undefined,
  partition: string,
): (state: LedgerState) => LedgerPatch<undefined> {
  return (state) => {
    const epoch = state.epoch + 1;
    return { epoch, records: [], cleared: { [clearingId(layer, partition)]: epoch }, result: undefined };
  };
}
