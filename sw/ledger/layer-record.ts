import type { ManifestChange, ManifestEntry } from '../../src/shared/manifest';
import type { TileRange } from '../../src/shared/range';
import type { Invalidation } from '../../src/shared/invalidation';
import type { TilePlace } from '../../src/shared/tile-place';
import type { LayerRecord } from './state';
import { coverRanges, isHeavy, rangeOf, rangesOf, ruleHolds, type RuleRange } from './rule-range';
import { addRule } from './rules';
import { MAX_INVALIDATED } from './settling';

/** What a change of a record asks of the store and of the pages. */
export interface RecordChange {
  record: LayerRecord;
  epoch: number;
  applied: boolean;
  /** The version before, when it changed and one was known. */
  previous?: string;
  /** Cache versions to delete. */
  drop: string[];
  /** Ranges that changed with the version; absent: all of the layer. */
  ranges?: TileRange[];
}

/** The current cache and at most two older ones. */
const MAX_KEPT = 2;
/** A pipeline that publishes each minute: what did not change is known to be current for an hour. */
const MAX_SAME = 64;
const MAX_EXCEPT = 64;
const MAX_EARLIER = 64;
/** Milliseconds; a manifest that is that old does not come out of a cache that revalidates. */
const CLOCK_JUMP = 3600_000;

/** True when a tile with this label is the current version's, as far as the ledger has evidence. */
export function isCurrent(record: LayerRecord, label: string | undefined, tile: TilePlace | undefined): boolean {
  if (label === undefined || record.version === undefined) return false;
  if (label === record.version) return true;
  const equal = record.same.find((entry) => entry.version === label);
  return equal !== undefined && !equal.except.some((range) => ruleHolds(range, tile));
}

/** In `same`, for whatever was stored before any version was known. */
const UNKNOWN = '';

/** True for a tile that a change of a part left as it was while nobody knew which version it had. */
export function wasLeftAsItWas(record: LayerRecord, tile: TilePlace | undefined): boolean {
  const before = record.same.find((entry) => entry.version === UNKNOWN);
  return before !== undefined && !before.except.some((range) => ruleHolds(range, tile));
}

/** Outdated news: told apart by `revision`, of one `epoch` of the origin's; without one, what was read last wins. */
function outdated(record: LayerRecord, { revision, epoch }: Pick<ManifestEntry, 'revision' | 'epoch'>): boolean {
  if (epoch !== undefined && epoch !== record.series) return epoch === record.formerSeries;
  return revision !== undefined && record.revision !== undefined && revision < record.revision;
}

/** Notes who counts, and how far. */
function noteRevision(next: LayerRecord, { revision, epoch }: Pick<ManifestEntry, 'revision' | 'epoch'>): void {
  if (epoch !== undefined && epoch !== next.series) {
    if (next.series !== undefined) next.formerSeries = next.series;
    next.series = epoch;
    delete next.revision;
  }
  if (revision !== undefined) next.revision = revision;
}

const unchanged = (record: LayerRecord, epoch: number): RecordChange => ({ record, epoch, applied: false, drop: [] });

/** Moves the layer to another cache; what held the old version stays as a fall-back, at most two of them. */
function switchCache(change: RecordChange, version: string): void {
  const { record } = change;
  const older = [record.cache, ...record.kept].filter((name) => name !== version);
  change.drop.push(...older.slice(MAX_KEPT));
  // A cache that held several versions, come back to, is no proof of this one.
  if (version === record.cache || record.mixed.includes(version)) {
    record.rules = addRule(record.rules, { epoch: change.epoch, mode: 'version' });
  }
  record.kept = older.slice(0, MAX_KEPT);
  record.cache = version;
  record.mixed = record.mixed.filter((name) => name === version || record.kept.includes(name));
  record.since = change.epoch;
  record.same = [];
}

/** The new version equals the `previous` but for these ranges: the cache stays, the ledger remembers the equality. */
function keepCache(record: LayerRecord, previous: string | undefined, ranges: RuleRange[]): void {
  const before = { version: previous ?? UNKNOWN, except: [] as RuleRange[] };
  record.same = [before, ...record.same]
    .filter((entry) => entry.version !== record.version)
    .slice(0, MAX_SAME)
    .map(({ version, except }) => {
      const all = [...except, ...ranges];
      return { version, except: all.length > MAX_EXCEPT || isHeavy(all) ? coverRanges(all) : all };
    });
  if (!record.mixed.includes(record.cache)) record.mixed = [...record.mixed, record.cache];
}

/**
 * What a manifest says of versions that were never in force here: outside of its changes their tiles are those of the new
 * one, and so an edge may label them.
 */
function noteEqual(record: LayerRecord, changes: readonly ManifestChange[] = []): void {
  for (const from of new Set(changes.map((change) => change.from))) {
    const isKnown = from === record.version || record.same.some(({ version }) => version === from);
    const except = isKnown ? undefined : rangesOf(changes.filter((change) => change.from === from));
    if (except) record.same = [...record.same, { version: from, except }].slice(0, MAX_SAME);
  }
}

/** `CACHE_INVALIDATE`: one rule, and the version if one is named. */
export function invalidateRecord(record: LayerRecord, epoch: number, command: Invalidation, at?: number): RecordChange {
  if (outdated(record, { ...(command.revision !== undefined && { revision: command.revision }) }))
    return unchanged(record, epoch);
  const range = rangeOf(command);
  const mode = command.mode ?? 'purge';
  const next: LayerRecord = {
    ...record,
    rules: addRule(record.rules, { epoch: epoch + 1, mode, ...(range && { range }) }),
  };
  const change: RecordChange = {
    record: next,
    epoch: epoch + 1,
    applied: true,
    drop: [],
    ...(range && { ranges: [range] }),
  };
  if (command.revision !== undefined) next.revision = command.revision;
  if (at !== undefined)
    next.invalidated = [
      ...(record.invalidated ?? []),
      { at, epoch: change.epoch, ...(range && { ranges: [range] }) },
    ].slice(-MAX_INVALIDATED);
  const { version } = command;
  if (version !== undefined && version !== record.version) {
    if (record.version !== undefined) change.previous = record.version;
    next.version = version;
    noteSwitch(change, at, change.ranges);
    // A message alone is no proof: freshness by version waits for the manifest.
    delete next.confirmedAt;
    if (range) keepCache(next, record.version, [range]);
    else switchCache(change, version);
  }
  if (!range && mode === 'purge') {
    change.drop.push(next.cache, ...next.kept);
    next.kept = [];
    next.mixed = [];
  }
  return change;
}

/** What is told once more of the version in force: the edge was repaired after this client had heard of it. */
function announcedAgain(record: LayerRecord, { version, revision, changes = [] }: ManifestEntry) {
  const later = revision !== undefined && record.revision !== undefined && revision > record.revision;
  return later ? changes.filter(({ from }) => from === version) : [];
}

/** What pages hear that changed: the boxes around lists. */
const toldOf = (changes: readonly ManifestChange[]): TileRange[] => changes.map((change) => rangeOf(change) ?? {});

/** What is fetched soon after may be of the version before, and nothing says so where tiles bear no label. */
function noteSwitch({ record, epoch, previous }: RecordChange, at: number | undefined, ranges?: RuleRange[]): void {
  if (previous !== undefined)
    record.earlier = [previous, ...(record.earlier ?? []).filter((one) => one !== previous)].slice(0, MAX_EARLIER);
  if (at === undefined) delete record.switched;
  else record.switched = { at, epoch, ...(ranges && { ranges }) };
}

/** Whoever announces, and when. */
export interface Announced {
  /** Epoch milliseconds for which the manifest vouches. */
  confirmedAt: number;
  /** The instant at which the worker heard of it. */
  at?: number | undefined;
  /** The entry was seen so often that its lower revision is no mistake of a node that lags. */
  believed?: boolean | undefined;
}

/** A manifest's entry: adopted, confirmed, applied in part (`changes`), or a switch of the whole layer. */
export function announceVersion(
  record: LayerRecord,
  epoch: number,
  entry: ManifestEntry,
  { confirmedAt, at, believed = false }: Announced,
): RecordChange {
  const { version } = entry;
  if (!believed && outdated(record, entry)) return unchanged(record, epoch);
  const next: LayerRecord = { ...record, version };
  noteRevision(next, entry);
  if (version === record.version) {
    const before = record.confirmedAt ?? 0;
    // A node that lags takes nothing back; but what lies far behind means that the clock was ahead when it was confirmed.
    next.confirmedAt = before - confirmedAt > CLOCK_JUMP ? confirmedAt : Math.max(before, confirmedAt);
    const again = announcedAgain(record, entry);
    if (again.length > 0) {
      for (const range of rangesOf(again) ?? [undefined])
        next.rules = addRule(next.rules, { epoch: epoch + 1, mode: 'version', ...(range && { range }) });
      return { record: next, epoch: epoch + 1, applied: true, drop: [], ranges: toldOf(again) };
    }
    return { record: next, epoch, applied: true, drop: [] };
  }
  next.confirmedAt = confirmedAt;
  // The first version ever learnt moves nothing: stored tiles keep header freshness.
  if (record.version === undefined) {
    noteEqual(next, entry.changes);
    return { record: next, epoch, applied: true, drop: [] };
  }

  const change: RecordChange = { record: next, epoch: epoch + 1, applied: true, previous: record.version, drop: [] };
  const parts = entry.changes?.filter((part) => part.from === record.version) ?? [];
  const ranges = parts.length > 0 ? rangesOf(parts) : undefined;
  if (ranges) {
    for (const range of ranges) next.rules = addRule(next.rules, { epoch: change.epoch, mode: 'version', range });
    keepCache(next, record.version, ranges);
    change.ranges = toldOf(parts);
  } else switchCache(change, version);
  noteEqual(next, entry.changes);
  noteSwitch(change, at, ranges);
  return change;
}
