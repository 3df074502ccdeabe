import type { ManifestChange, ManifestEntry } from '../../src/shared/manifest';
import type { TileRange } from '../../src/shared/range';
import type { Invalidation } from '../../src/shared/invalidation';
import type { TilePlace } from '../../src/shared/tile-place';
import type { LayerRecord } from './state';
import { coverRanges, isHeavy, rangeOf, rangesOf, ruleHolds, type RuleRange } from './rule-range';
import { addRule } from './rules';
import { MAX_INVALIDATED } from './settling';

/** A changed record, and what the store has to delete and the pages have to hear because of it. */
export interface RecordChange {
  record: LayerRecord;
  epoch: number;
  applied: boolean;
  /** The previous version, if the version changed and one was known. */
  previous?: string;
  /** Cache versions to delete. */
  drop: string[];
  /** Ranges that changed with the version. @default the whole layer */
  ranges?: TileRange[];
}

/** The most caches of older versions that stay beside the current one. */
const MAX_KEPT = 2;
/** Enough for a pipeline that publishes each minute: the ledger knows for an hour that unchanged tiles are current. */
const MAX_SAME = 64;
/** The most ranges of one entry of `same`; more merge into one. */
const MAX_EXCEPT = 64;
/** The most earlier versions to remember. */
const MAX_EARLIER = 64;
/** Milliseconds. A cache that revalidates never delivers a manifest this old, so the clock must have jumped. */
const CLOCK_JUMP = 3600_000;

/** True if the ledger has evidence that a tile with this label is identical to the current version's tile. */
export function isCurrent(record: LayerRecord, label: string | undefined, tile: TilePlace | undefined): boolean {
  if (!label || record.version === undefined) return false;
  if (label === record.version) return true;
  const equal = record.same.find((entry) => entry.version === label);
  return equal !== undefined && !equal.except.some((range) => ruleHolds(range, tile));
}

/** Stands in `same` for tiles stored before any version was known. */
const UNKNOWN = '';

/**
 * True for a place whose tile, if stored before any version was known, is still current: no partial change reached it.
 */
export function wasLeftAsItWas(record: LayerRecord, tile: TilePlace | undefined): boolean {
  const before = record.same.find((entry) => entry.version === UNKNOWN);
  return before !== undefined && !before.except.some((range) => ruleHolds(range, tile));
}

/**
 * True for outdated news. Within one `epoch` of the origin, the higher `revision` wins. Without a revision, the entry
 * read last wins.
 */
function outdated(record: LayerRecord, { revision, epoch }: Pick<ManifestEntry, 'revision' | 'epoch'>): boolean {
  if (epoch !== undefined && epoch !== record.series) return epoch === record.formerSeries;
  return revision !== undefined && record.revision !== undefined && revision < record.revision;
}

/** Records the origin's `epoch` and the `revision` that it has reached. */
function noteRevision(next: LayerRecord, { revision, epoch }: Pick<ManifestEntry, 'revision' | 'epoch'>): void {
  if (epoch !== undefined && epoch !== next.series) {
    if (next.series !== undefined) next.formerSeries = next.series;
    next.series = epoch;
    delete next.revision;
  }
  if (revision !== undefined) next.revision = revision;
}

const unchanged = (record: LayerRecord, epoch: number): RecordChange => ({ record, epoch, applied: false, drop: [] });

/** Moves the layer to another cache. At most two caches of older versions stay as fallbacks. */
function switchCache(change: RecordChange, version: string): void {
  const { record } = change;
  const older = [record.cache, ...record.kept].filter((name) => name !== version);
  change.drop.push(...older.slice(MAX_KEPT));
  // The layer returns to a cache that held several versions: being in it does not prove that a tile has this version.
  if (version === record.cache || record.mixed.includes(version)) {
    record.rules = addRule(record.rules, { epoch: change.epoch, mode: 'version' });
  }
  record.kept = older.slice(0, MAX_KEPT);
  record.cache = version;
  record.mixed = record.mixed.filter((name) => name === version || record.kept.includes(name));
  record.since = change.epoch;
  record.same = [];
}

/** Keeps the cache and records that the new version equals the `previous` one except in these ranges. */
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
 * Records the manifest's changes from versions that were never in force here. Outside the changed ranges those
 * versions' tiles equal the new one's, and an edge may still label tiles with them.
 */
function noteEqual(record: LayerRecord, changes: readonly ManifestChange[] = []): void {
  for (const from of new Set(changes.map((change) => change.from))) {
    const isKnown = from === record.version || record.same.some(({ version }) => version === from);
    const except = isKnown ? undefined : rangesOf(changes.filter((change) => change.from === from));
    if (except) record.same = [...record.same, { version: from, except }].slice(0, MAX_SAME);
  }
}

/** Applies `CACHE_INVALIDATE`: adds one rule, and sets the version if the command names one. */
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
    // A message alone proves nothing: only the manifest can confirm the version.
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

/** The changes that the origin announces again for the version in force: it repaired the edge after the first time. */
function announcedAgain(record: LayerRecord, { version, revision, changes = [] }: ManifestEntry) {
  const later = revision !== undefined && record.revision !== undefined && revision > record.revision;
  return later ? changes.filter(({ from }) => from === version) : [];
}

/** The changed ranges that pages hear of: for a list of tiles, the box around it. */
const toldOf = (changes: readonly ManifestChange[]): TileRange[] => changes.map((change) => rangeOf(change) ?? {});

/** Records when the version changed: a tile fetched soon after it may be the previous version's and bear no label. */
function noteSwitch({ record, epoch, previous }: RecordChange, at: number | undefined, ranges?: RuleRange[]): void {
  if (previous !== undefined)
    record.earlier = [previous, ...(record.earlier ?? []).filter((one) => one !== previous)].slice(0, MAX_EARLIER);
  if (at === undefined) delete record.switched;
  else record.switched = { at, epoch, ...(ranges && { ranges }) };
}

/** When the origin announced an entry, and whether the worker believes a lower revision. */
export interface Announced {
  /** Epoch milliseconds for which the manifest vouches. */
  confirmedAt: number;
  /** Epoch milliseconds at which the worker read the entry. */
  at?: number | undefined;
  /** The worker has seen the entry so often that its lower revision cannot come from a lagging node. @default false */
  believed?: boolean | undefined;
}

/**
 * Applies a manifest's entry: adopts the first version, confirms the current one, applies partial `changes`, or
 * switches the whole layer.
 */
export function announceVersion(
  record: LayerRecord,
  epoch: number,
  entry: ManifestEntry,
  { confirmedAt, at, believed = false }: Announced,
): RecordChange {
  const { version } = entry;
  // No check vouches for a version in a page's address: it may be an old link, and overrules nothing.
  const isHint = confirmedAt === 0 && record.version !== undefined;
  if (isHint || (!believed && outdated(record, entry))) return unchanged(record, epoch);
  const next: LayerRecord = { ...record, version };
  noteRevision(next, entry);
  if (version === record.version) {
    const before = record.confirmedAt ?? 0;
    // A lagging node takes nothing back. A `confirmedAt` that is far behind means that the clock was ahead before.
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
  // The first version that the ledger learns moves nothing: the headers still decide how fresh stored tiles are.
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
