import type { Binding } from '../adapters/binding';
import type { TileCacheClient } from '../page/types';
import type { InspectorOverview } from '../shared/inspect-commands';

/** The part of a client that the panel asks. */
export type TileInspectorClient = Pick<
  TileCacheClient,
  'inspect' | 'entries' | 'trace' | 'inspector' | 'status' | 'invalidate' | 'clear' | 'on'
> & { readonly regions: Pick<TileCacheClient['regions'], 'list'> };

/** The part of a binding by which a click on the map finds its tile. */
export type TileInspectorBinding = Pick<Binding, 'layer' | 'tiles' | 'view'>;

/** What the parts of the panel share. */
export interface PanelTools {
  client: TileInspectorClient;
  bindings: () => readonly TileInspectorBinding[];
  /** Says it to everybody, aloud, too. */
  say(words: string): void;
  /** Runs it and says what it rejects with. */
  attempt(work: () => Promise<unknown>): void;
  /** Shows a tile in the part for one. */
  inspect(what: string | { layer: string; tile: { z: number; x: number; y: number } }): void;
}

/** One part of the panel. */
export interface PanelPart {
  element: HTMLElement;
  /** With each look at the worker. */
  show(overview: InspectorOverview): void;
  /** Takes back what reaches out of the panel. */
  stop?(): void;
}
