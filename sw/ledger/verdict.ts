import type { LedgerClause } from '../../src/shared/clauses';
import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { TilePlace } from '../../src/shared/tile-place';
import { type LayerRecord, type LedgerState, recordOf } from './state';
import { doubtOf, inForce, isDoubted } from './doubt';
import { isCurrent, wasLeftAsItWas } from './layer-record';
import { isForgotten } from './forgotten';
import { coveredBy, everCovered } from './rules';
import type { MetaTile, TileMeta } from '../store/tile-meta';
import { isUnsettled } from './settling';
import type { Subject } from './subject';
import { fitOf } from './token';

/** What the ledger says of stored bytes. */
export interface Verdict {
  rule: 'none' | 'stale' | 'absent';
  /** What it goes by where the rule is not `none`, or the bytes are another version's. */
  by?: LedgerClause;
  /** Of another version, and the layer shows such a tile at once while the right one is fetched. */
  otherVersion: boolean;
  /** Seconds for which the version's confirmation still makes it fresh; negative since it has lapsed. */
  confirmed: number | undefined;
  /** The version that it may be labelled with; '' where there is no evidence. */
  label: string;
}

/** The ledger of a tile that a HEAD found changed: it is validated before it is used again. */
export const CHANGED = '-';

/** Seconds a confirmation holds where a layer by version names no `maxAge`. */
const DEFAULT_CONFIRMED = 300;

/** True for a tile that was stored before the layer's cache was switched; `cacheName` is the current one. */
export function isOlder(
  state: LedgerState,
  layer: string,
  { kept, cacheName: own, meta }: MetaTile & { cacheName?: string },
  cacheName: string,
): boolean {
  // A region's caches are named after the region.
  return kept ? meta.epoch < recordOf(state, layer).since : own !== cacheName;
}

/** True when bytes requested at this epoch were superseded by a purge, a rule, a switch or a clearing. */
export function isSuperseded(state: LedgerState, subject: Subject, epoch: number): boolean {
  const { layer, tile, url } = subject;
  const record = recordOf(state, layer.name);
  return (
    epoch < record.since ||
    isCleared(state, subject, epoch) ||
    coveredBy(record.rules, tile, epoch) !== undefined ||
    isForgotten(record, url, epoch)
  );
}

/** True when tiles of this layer and partition were cleared after this epoch. */
export function isCleared({ cleared }: LedgerState, { layer, partition }: Subject, epoch: number): boolean {
  for (const id of clearingIds(layer.name, partition)) if (epoch < (cleared[id] ?? 0)) return true;
  return false;
}

/** Keys under which a clearing may be recorded: everything, a layer, a partition, a partition of a layer. */
export function clearingIds(layer: string, partition: string): string[] {
  return ['', `layer:${layer}`, ...(partition ? [`partition:${partition}`, `layer:${layer}:${partition}`] : [])];
}

/** The most particular of the keys under which a tile of what was cleared is looked up. */
export const clearingId = (layer: string | undefined, partition: string): string =>
  layer === undefined ? partition && `partition:${partition}` : (clearingIds(layer, partition).at(-1) as string);

/** Judges stored bytes. `older`: they lie in the cache of an older version. */
export function judge(state: LedgerState, subject: Subject, stored: MetaTile, older: boolean, now: number): Verdict {
  const { meta, lateBy = 0 } = stored;
  const { layer, tile, asked } = subject;
  const record = recordOf(state, layer.name);
  const discard = layer.versionPolicy === 'discard';
  const verdict: Verdict = { rule: 'none', otherVersion: false, confirmed: undefined, label: meta.version };
  const isOf = meta.ledger === state.id;
  // What a HEAD found changed is of no ledger, and its epoch is of this one: purges hold for it.
  if (isOf || meta.ledger === CHANGED) {
    if (isCleared(state, subject, meta.epoch)) return { ...verdict, rule: 'absent', by: 'cleared' };
    if (isForgotten(record, subject.url, meta.epoch)) return { ...verdict, rule: 'absent', by: 'forgotten' };
    if (coveredBy(record.rules, tile, meta.epoch) === 'purge') return { ...verdict, rule: 'absent', by: 'purged' };
  }
  // Written under rules that are lost: nothing is known of it.
  if (!isOf) return { ...verdict, rule: discard || state.sealed ? 'absent' : 'stale', by: 'ledger-lost', label: '' };

  const fit = fitOf(record, subject, meta);
  if (fit === 'foreign') return { ...verdict, rule: 'absent', by: 'other-token', label: '' };

  const current = isCurrent(record, meta.version || undefined, tile);
  verdict.label = labelFor(record, tile, meta);
  const mode = coveredBy(record.rules, tile, meta.epoch);
  const past =
    !current && (older || (mode !== undefined && coveredBy(versionRules(record), tile, meta.epoch) !== undefined));
  // The page names this very version: then it is the right answer, as long as its own headers say so.
  const named =
    asked !== '' && (asked === meta.version || (asked === meta.token && !(past && wasRepaired(record, tile, meta))));
  const doubt = doubtOf(state, layer.name);
  const wrong =
    fit === 'other'
      ? 'other-token'
      : (past && !named) || isDoubted(doubt, tile, stored)
        ? 'version-changed'
        : isMismatch(inForce(state, layer.name), subject, meta) && 'version-mismatch';
  if (wrong && discard) return { ...verdict, rule: 'absent', by: wrong };
  if (mode === 'stale') return { ...verdict, rule: 'stale', by: 'marked-stale' };
  if (isUnsettled(record, layer, tile, stored)) return { ...verdict, rule: 'stale', by: 'settling' };
  if (wrong) {
    const shown = layer.versionPolicy === 'serve-stale';
    return { ...verdict, ...(shown ? { otherVersion: true } : { rule: 'stale' }), by: wrong };
  }
  if (current && layer.freshness === 'version') verdict.confirmed = confirmedFor(record, layer, now, lateBy);
  return verdict;
}

/** The version that bytes may be called: the one in force where they are the same. */
export function labelFor(record: LayerRecord, tile: TilePlace | undefined, { version }: TileMeta): string {
  return isCurrent(record, version || undefined, tile) ? (record.version ?? version) : version;
}

/** The label is the origin's word: bytes of another version than the one in force, that the page did not name either. */
export function isMismatch(record: LayerRecord, { tile, asked }: Subject, { version }: TileMeta): boolean {
  if (version === '' || record.version === undefined || version === asked) return false;
  // What lies outside of a change is confirmed for the new version, whatever its label was before one was known.
  return !isCurrent(record, version, tile) && !wasLeftAsItWas(record, tile);
}

/** A stronger rule hides these, and yet a layer that discards goes by them. */
const versionRules = ({ rules }: LayerRecord, since = 0) =>
  rules.filter(({ mode, epoch }) => mode === 'version' && epoch > since);

/** Announced again since it was fetched: an edge had answered the version's URL with other bytes. */
const wasRepaired = (record: LayerRecord, tile: TilePlace | undefined, { token, epoch }: TileMeta): boolean =>
  token === record.version && coveredBy(versionRules(record, record.switched?.epoch), tile, epoch) !== undefined;

function confirmedFor(record: LayerRecord, layer: ResolvedLayer, now: number, lateBy: number): number | undefined {
  const { confirmedAt } = record;
  // A confirmation from the future means that the clock went back: it proves nothing.
  if (confirmedAt === undefined || confirmedAt > now) return undefined;
  return (layer.maxAge ?? DEFAULT_CONFIRMED) - (now - confirmedAt + lateBy) / 1000;
}

/** True when bytes in the HTTP cache beneath may be older than a rule, a switch or a clearing: ask the origin. */
export function distrustsHttpCache(state: LedgerState, { layer, tile, partition, url }: Subject): boolean {
  const record = recordOf(state, layer.name);
  return (
    state.orphaned ||
    doubtOf(state, layer.name) !== undefined ||
    (state.forgot && !state.layers.has(layer.name)) ||
    record.since > 0 ||
    clearingIds(layer.name, partition).some((id) => id in state.cleared) ||
    isForgotten(record, url, -1) ||
    everCovered(record.rules, tile)
  );
}
