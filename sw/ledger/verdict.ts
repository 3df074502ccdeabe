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

/** The ledger's judgement of stored bytes. */
export interface Verdict {
  rule: 'none' | 'stale' | 'absent';
  /** Why the rule is not `none`, or why the bytes count as another version's. */
  by?: LedgerClause;
  /**
   * The bytes are another version's, and the layer shows such a tile at once while the worker fetches the right one.
   */
  otherVersion: boolean;
  /** Seconds for which the version's confirmation still keeps the tile fresh; negative once it has lapsed. */
  confirmed: number | undefined;
  /** The version that the tile may be labelled with; '' without evidence. */
  label: string;
}

/** The ledger id of a tile that a HEAD request found changed: the worker validates the tile before its next use. */
export const CHANGED = '-';

/** Seconds for which a confirmation holds if a layer with `freshness: 'version'` sets no `maxAge`. */
const DEFAULT_CONFIRMED = 300;

/** True for a tile stored before the layer switched caches. `cacheName`: the layer's current cache. */
export function isOlder(
  state: LedgerState,
  layer: string,
  { kept, cacheName: own, meta }: MetaTile & { cacheName?: string },
  cacheName: string,
): boolean {
  // A region's tile is in a cache of the region's own, whose name never equals `cacheName`.
  return kept ? meta.epoch < recordOf(state, layer).since : own !== cacheName;
}

/** True if a purge, a rule, a switch or a clearing has superseded bytes requested at this epoch. */
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

/** True if tiles of this layer and partition were cleared after this epoch. */
export function isCleared({ cleared }: LedgerState, { layer, partition }: Subject, epoch: number): boolean {
  for (const id of clearingIds(layer.name, partition)) if (epoch < (cleared[id] ?? 0)) return true;
  return false;
}

/** The keys under which the ledger records clearings: everything, a layer, a partition, a partition of a layer. */
export function clearingIds(layer: string, partition: string): string[] {
  return ['', `layer:${layer}`, ...(partition ? [`partition:${partition}`, `layer:${layer}:${partition}`] : [])];
}

/** The most specific key for a clearing of this layer and partition. */
export const clearingId = (layer: string | undefined, partition: string): string =>
  layer === undefined ? partition && `partition:${partition}` : (clearingIds(layer, partition).at(-1) as string);

/** Judges stored bytes. `older`: the bytes are in an older version's cache. `now`: epoch milliseconds. */
export function judge(state: LedgerState, subject: Subject, stored: MetaTile, older: boolean, now: number): Verdict {
  const { meta, lateBy = 0 } = stored;
  const { layer, tile, asked } = subject;
  const record = recordOf(state, layer.name);
  const discard = layer.versionPolicy === 'discard';
  const verdict: Verdict = { rule: 'none', otherVersion: false, confirmed: undefined, label: meta.version };
  const isOf = meta.ledger === state.id;
  const mode = coveredBy(record.rules, tile, meta.epoch);
  // A tile that a HEAD found changed has no ledger id, but its epoch is this ledger's: purges apply to it.
  if (isOf || meta.ledger === CHANGED) {
    if (isCleared(state, subject, meta.epoch)) return { ...verdict, rule: 'absent', by: 'cleared' };
    if (isForgotten(record, subject.url, meta.epoch)) return { ...verdict, rule: 'absent', by: 'forgotten' };
    if (mode === 'purge') return { ...verdict, rule: 'absent', by: 'purged' };
  }
  // The tile was stored under rules that are lost: the ledger knows nothing of it.
  if (!isOf) return { ...verdict, rule: discard || state.sealed ? 'absent' : 'stale', by: 'ledger-lost', label: '' };

  const fit = fitOf(record, subject, meta);
  if (fit === 'foreign') return { ...verdict, rule: 'absent', by: 'other-token', label: '' };

  const current = isCurrent(record, meta.version, tile);
  verdict.label = labelFor(record, tile, meta);
  const past =
    !current && (older || (mode !== undefined && coveredBy(versionRules(record), tile, meta.epoch) !== undefined));
  // The page names this very version: the tile is the right answer for as long as its own headers allow.
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
    // Show no old version's error to a page that may get the new version's tile.
    const shown = layer.versionPolicy === 'serve-stale' && stored.status < 400;
    return { ...verdict, ...(shown ? { otherVersion: true } : { rule: 'stale' }), by: wrong };
  }
  if (current && layer.freshness === 'version') verdict.confirmed = confirmedFor(record, layer, now, lateBy);
  return verdict;
}

/** The version to label bytes with: the one in force if the bytes equal its tile, otherwise their own. */
export function labelFor(record: LayerRecord, tile: TilePlace | undefined, { version }: TileMeta): string {
  return isCurrent(record, version, tile) ? (record.version as string) : version;
}

/** True if the origin labelled the bytes with a version that is neither in force nor named by the page. */
export function isMismatch(
  record: LayerRecord,
  { tile, asked }: Subject,
  { version }: Pick<TileMeta, 'version'>,
): boolean {
  if (version === '' || record.version === undefined || version === asked) return false;
  // The manifest confirms tiles outside a change for the new version, whatever label they got before one was known.
  return !isCurrent(record, version, tile) && !wasLeftAsItWas(record, tile);
}

/** The `version` rules. A stronger rule takes precedence over them, but a layer that discards still obeys them. */
const versionRules = ({ rules }: LayerRecord, since = 0) =>
  rules.filter(({ mode, epoch }) => mode === 'version' && epoch > since);

/** True if the origin announced the change again after the tile's fetch: an edge had answered with other bytes. */
const wasRepaired = (record: LayerRecord, tile: TilePlace | undefined, { token, epoch }: TileMeta): boolean =>
  token === record.version && coveredBy(versionRules(record, record.switched?.epoch), tile, epoch) !== undefined;

function confirmedFor(record: LayerRecord, layer: ResolvedLayer, now: number, lateBy: number): number | undefined {
  const { confirmedAt } = record;
  // A confirmation from the future means that the clock was set back: it proves nothing.
  if (confirmedAt === undefined || confirmedAt > now) return undefined;
  return (layer.maxAge ?? DEFAULT_CONFIRMED) - (now - confirmedAt + lateBy) / 1000;
}

/** True if bytes in the HTTP cache may be older than a rule, a switch or a clearing: the worker must ask the origin. */
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
