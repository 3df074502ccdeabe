import type { NetworkMode } from '../../src/shared/page-messages';
import type { RuleRange } from './rule-range';
import type { Rule } from './rules';
import type { Changes } from './settling';

/** What must never be lost, as it stands in memory. Replaced, never mutated: a decision may keep hold of one. */
export interface LedgerState {
  /** Names this database; bodies that carry another name were written under rules that are lost. */
  readonly id: string;
  /** Grows with every rule and every switch of versions. */
  readonly epoch: number;
  /** An earlier ledger of this scope was lost: nothing beneath us is trusted without the origin. */
  readonly orphaned: boolean;
  /** The rules of a later release cannot be read: bodies that it stored are as good as purged. */
  readonly sealed?: boolean;
  /** Layers were forgotten to make room: of one without a record nothing is known, not even that it never was purged. */
  readonly forgot?: boolean;
  /** Whether the network may be used. @default 'on' */
  readonly network?: NetworkMode;
  /** Milliseconds by which this device's clock was last proven to be ahead of the origins'; negative: behind. */
  readonly ahead?: number;
  /** Ids of the last commands, so that a repeated one changes nothing. */
  readonly ids: ReadonlyArray<{ id: string; result: unknown }>;
  /** Tiles of a partition ('' for all) with a lower epoch are gone. */
  readonly cleared: Readonly<Record<string, number>>;
  /** By layer; `*` stands for layers that were never named. */
  readonly layers: ReadonlyMap<string, LayerRecord>;
  /** By layer, versions that could not be written down; in memory only. */
  readonly doubts?: ReadonlyMap<string, Doubt>;
}

/** What could not be written down of a layer: it holds for as long as this worker lives, or until it can be. */
export interface Doubt {
  /** The record that there would be. */
  record: LayerRecord;
  /** Epoch milliseconds. What was asked for since then came after the change, whatever epoch it bears. */
  at: number;
}

/** What one command changes. */
export interface LedgerPatch<R> {
  epoch: number;
  records: LayerRecord[];
  /** Layers to forget, so that others find room. */
  forget?: string[];
  /** Remembers the command's id with what a repetition is answered. */
  remember?: { id: string; result: unknown };
  cleared?: Record<string, number>;
  network?: NetworkMode;
  ahead?: number;
  result: R;
}

/** What the ledger knows of one layer. */
export interface LayerRecord extends Changes {
  layer: string;
  /** The version in force; absent before one was learnt. */
  version?: string;
  /** Versions that were in force before, newest first. */
  earlier?: string[];
  /** The revision that told it. */
  revision?: number;
  /** The manifest's `epoch`: revisions of another one are not compared with this one's. */
  series?: string;
  /** The one before; it does not come back. */
  formerSeries?: string;
  /** Epoch milliseconds at which the manifest vouched for `version`; absent while only a message said so. */
  confirmedAt?: number;
  /** The version after which the current cache is named; '' before any switch. */
  cache: string;
  /** Versions after which older caches are named, newest first. */
  kept: string[];
  /** Of these, the caches that hold tiles of more than one version. */
  mixed: string[];
  /** The epoch of the last switch of caches; 0 before any. */
  since: number;
  /** Invalidations, oldest first. */
  rules: Rule[];
  /** Addresses that unsafe methods made invalid. */
  forgotten?: Forgotten[];
  /** Earlier versions whose tiles are the current version's but in these ranges; '' for the one before any was known. */
  same: Array<{ version: string; except: RuleRange[] }>;
}

/** One address that an unsafe method made invalid (RFC 9111 section 4.4): one, not its layer. */
export interface Forgotten {
  /** The key without its credentials: whoever asked, the address is the same. */
  url: string;
  epoch: number;
}

export function emptyRecord(layer: string): LayerRecord {
  return { layer, cache: '', kept: [], mixed: [], since: 0, rules: [], same: [] };
}

/** The record in force for a layer. */
export function recordOf(state: LedgerState, layer: string): LayerRecord {
  const record = state.layers.get(layer) ?? state.layers.get('*');
  return record ?? emptyRecord(layer);
}
