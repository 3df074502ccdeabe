import type { InspectOptions, InspectTile, RuleFacts } from './inspect';
import type { EntriesQuery, ZoomCounts } from './inspect-entries';
import type { TraceQuery } from './inspect-trace';

/** An overview of all layers of the worker. */
export interface InspectorOverview {
  /** The ledger's counter; `undefined` if storage is broken. */
  epoch: number | undefined;
  /** The layers, with their names. */
  layers: Array<{
    layer: string;
    version: string | undefined;
    revision: number | undefined;
    confirmedAt: number | undefined;
    /** Versions whose tiles are kept as a fallback. */
    kept: string[];
    rules: RuleFacts[];
    tiles: number;
    bytes: number;
    /** Whether the layer's network counts as dead. */
    dead: boolean;
  }>;
  /** Bytes that the whole origin uses, if the browser reports this. */
  usage: number | undefined;
  /** Bytes that the browser allows the origin, if it reports this. */
  quota: number | undefined;
  /** Whether the browser has promised to keep the storage; `undefined` if it does not report this. */
  persisted: boolean | undefined;
  /** The simulation that this page has requested. */
  simulated: { offline: boolean; delay: number };
}

/** The inspector panel's further commands, and their answers. */
export interface InspectorAnswers {
  /** The layers, the rules and the quota. */
  overview: InspectorOverview;
  /** The number of stored tiles of a layer, by zoom. */
  zooms: ZoomCounts;
  /** The simulation in force from now on. */
  simulate: { offline: boolean; delay: number };
}

/** A page's command to the inspector. */
export type InspectCommand =
  | ({ action: 'inspect'; url: string } & InspectOptions)
  | ({ action: 'inspect' } & InspectTile & InspectOptions)
  | ({ action: 'entries' } & EntriesQuery)
  | { action: 'zooms'; layer?: string; cursor?: string }
  | ({ action: 'trace' } & TraceQuery)
  | { action: 'overview' }
  | { action: 'simulate'; offline?: boolean; delay?: number };
