import type { InspectOptions, InspectTile, RuleFacts } from './inspect';
import type { EntriesQuery, ZoomCounts } from './inspect-entries';
import type { TraceQuery } from './inspect-trace';

/** What the worker knows of all its layers. */
export interface InspectorOverview {
  /** The ledger's counter; undefined where storage is broken. */
  epoch: number | undefined;
  /** By name. */
  layers: Array<{
    layer: string;
    version: string | undefined;
    revision: number | undefined;
    confirmedAt: number | undefined;
    /** Versions whose tiles are kept as a fall-back. */
    kept: string[];
    rules: RuleFacts[];
    tiles: number;
    bytes: number;
    /** The layer's network is thought to be dead. */
    dead: boolean;
  }>;
  /** Bytes used in the whole origin, where the browser tells. */
  usage: number | undefined;
  /** Bytes that the browser allows the origin, where it tells. */
  quota: number | undefined;
  /** The browser has promised to keep what is stored; undefined where it does not tell. */
  persisted: boolean | undefined;
  /** What this page has asked to be simulated. */
  simulated: { offline: boolean; delay: number };
}

/** What else the panel asks, and what it is answered. */
export interface InspectorAnswers {
  /** Layers, rules, quota. */
  overview: InspectorOverview;
  /** Stored tiles of a layer by zoom. */
  zooms: ZoomCounts;
  /** What is simulated from now on. */
  simulate: { offline: boolean; delay: number };
}

/** What a page asks of the inspector. */
export type InspectCommand =
  | ({ action: 'inspect'; url: string } & InspectOptions)
  | ({ action: 'inspect' } & InspectTile & InspectOptions)
  | ({ action: 'entries' } & EntriesQuery)
  | { action: 'zooms'; layer?: string; cursor?: string }
  | ({ action: 'trace' } & TraceQuery)
  | { action: 'overview' }
  | { action: 'simulate'; offline?: boolean; delay?: number };
