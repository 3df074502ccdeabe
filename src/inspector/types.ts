import type { Binding } from '../adapters/binding';
import type { TileCacheClient } from '../page/types';
import type { InspectorOverview } from '../shared/inspect-commands';

/** The part of a client that the panel needs. */
export type TileInspectorClient = Pick<
  TileCacheClient,
  'inspect' | 'entries' | 'trace' | 'inspector' | 'status' | 'invalidate' | 'clear' | 'on'
> & { readonly regions: Pick<TileCacheClient['regions'], 'list'> };

/** The part of a binding that the panel needs to find the tile under a click. */
export type TileInspectorBinding = Pick<Binding, 'layer' | 'tiles' | 'view'>;

/** The tools that the parts of the panel share. */
export interface PanelTools {
  client: TileInspectorClient;
  bindings: () => readonly TileInspectorBinding[];
  /** Shows a message, and announces it to screen readers. */
  say(words: string): void;
  /** Runs `work` and shows the error if it rejects. */
  attempt(work: () => Promise<unknown>): void;
  /** Shows a tile in the part about one tile. */
  inspect(what: string | { layer: string; tile: { z: number; x: number; y: number } }): void;
}

/** One part of the panel. */
export interface PanelPart {
  element: HTMLElement;
  /** Called with each overview that the worker sends. */
  show(overview: InspectorOverview): void;
  /** Removes everything that the part has put outside of the panel. */
  stop?(): void;
}
