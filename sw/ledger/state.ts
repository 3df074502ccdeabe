import type { NetworkMode } from '../../src/shared/page-messages';
import type { RuleRange } from './rule-range';
import type { Rule } from './rules';
import type { Changes } from './settling';

/**
 * The ledger's state in memory. The ledger replaces it and never mutates it, so that a decision can keep a reference.
 */
export interface LedgerState {
  /** Identifies this database. Bodies that carry another id were stored under rules that are lost. */
  readonly id: string;
  /** Increases with every rule and every version switch. */
  readonly epoch: number;
  /** An earlier ledger of this scope was lost: the worker trusts no cache beneath it without asking the origin. */
  readonly orphaned: boolean;
  /** A later release has written rules that this one cannot read: bodies stored under them count as purged. */
  readonly sealed?: boolean;
  /** The ledger has forgotten layers to make room: a layer without a record may have been purged before. */
  readonly forgot?: boolean;
  /** The mode of the network that a page has chosen (`client.network`). @default 'on' */
  readonly network?: NetworkMode;
  /** Milliseconds by which this device's clock was last proven to be ahead of the origins' clocks; negative: behind. */
  readonly ahead?: number;
  /** Ids of the last commands, so that a repeated command changes nothing. */
  readonly ids: ReadonlyArray<{ id: string; result: unknown }>;
  /** Epoch of the last clearing by partition ('' for all). Tiles with a lower epoch are gone. */
  readonly cleared: Readonly<Record<string, number>>;
  /** Records by layer; `*` stands for layers that were never named. */
  readonly layers: ReadonlyMap<string, LayerRecord>;
  /** Versions that the worker could not write, by layer. In memory only. */
  readonly doubts?: ReadonlyMap<string, Doubt>;
}

/** A layer's change that the worker could not write. It holds until the worker can write it or stops. */
export interface Doubt {
  /** The record that the worker would have written. */
  record: LayerRecord;
  /** Epoch milliseconds. A tile requested since then came after the change, whatever epoch it bears. */
  at: number;
}

/** The changes that one command makes. */
export interface LedgerPatch<R> {
  epoch: number;
  records: LayerRecord[];
  /** Layers to forget, so that others fit in. */
  forget?: string[];
  /** The command's id, and the answer to a repetition of it. */
  remember?: { id: string; result: unknown };
  cleared?: Record<string, number>;
  network?: NetworkMode;
  ahead?: number;
  result: R;
}

/** The ledger's record of one layer. */
export interface LayerRecord extends Changes {
  layer: string;
  /** The version in force; absent until the ledger learns one. */
  version?: string;
  /** Versions that were in force before, newest first. */
  earlier?: string[];
  /** The revision that announced `version`. */
  revision?: number;
  /** The manifest's `epoch`. Revisions compare only within one epoch. */
  series?: string;
  /** The previous `epoch`. The ledger ignores entries that still carry it. */
  formerSeries?: string;
  /** Epoch milliseconds at which the manifest confirmed `version`; absent while only a message has announced it. */
  confirmedAt?: number;
  /** The version that names the current cache; '' before any switch. */
  cache: string;
  /** The versions that name the older caches, newest first. */
  kept: string[];
  /** Those of `cache` and `kept` whose caches hold tiles of more than one version. */
  mixed: string[];
  /** The epoch of the last switch of caches; 0 before any. */
  since: number;
  /** Invalidations, oldest first. */
  rules: Rule[];
  /** Addresses that unsafe methods invalidated. */
  forgotten?: Forgotten[];
  /**
   * Earlier versions whose tiles equal the current version's except in these ranges. '' stands for tiles stored before
   * any version was known.
   */
  same: Array<{ version: string; except: RuleRange[] }>;
}

/** An address that an unsafe method invalidated (RFC 9111 section 4.4): this address only, not its layer. */
export interface Forgotten {
  /** The key without its credentials: the address is the same whoever asks. */
  url: string;
  epoch: number;
}

export function emptyRecord(layer: string): LayerRecord {
  return { layer, cache: '', kept: [], mixed: [], since: 0, rules: [], same: [] };
}

/** The layer's record, or the one for all layers, or an empty one. */
export function recordOf(state: LedgerState, layer: string): LayerRecord {
  const record = state.layers.get(layer) ?? state.layers.get('*');
  return record ?? emptyRecord(layer);
}
