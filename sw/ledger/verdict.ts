import type { LedgerClause } from '../../src/shared/clauses';
import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { TilePlace } from '../../src/shared/tile-place';
import { isCurrent, type LayerRecord, wasLeftAsItWas } from './layer-record';
import { type LedgerState, recordOf } from './ledger';
import { isForgotten } from './forgotten';
import { coveredBy, everCovered } from './rules';
import type { MetaTile, TileMeta } from '../store/tile-meta';
import { isUnsettled } from './settling';
import { fitOf } from './token';

/** Whose tile it is, as far as the ledger is concerned. */
export interface Subject {
  layer: ResolvedLayer;
  /** Where it lies, for rules about a box or zooms. */
  tile: TilePlace | undefined;
  /** The address, for what an unsafe method made invalid. */
  url?: string;
  /** Hash of the layer's partition, '' for none. */
  partition: string;
  /** What the URL carries in the version's place, '' for nothing. */
  asked: string;
  /** The key of the tile where `asked` is not the version in force. */
  own: string;
}

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
export function judge(state: LedgerState, subject: Subject, { meta }: MetaTile, older: boolean, now: number): Verdict {
  const { layer, tile, asked } = subject;
  const record = recordOf(state, layer.name);
  const discard = layer.versionPolicy === 'discard';
  const verdict: Verdict = { rule: 'none', otherVersion: false, confirmed: undefined, label: meta.version };
  // Written under rules that are lost: nothing is known of it.
