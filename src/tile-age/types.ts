import type { ClientEvents, ClientStatus } from '../page/types';
import type { TileFacts } from '../screen/tile-facts';
import type { TileAgeTexts } from '../screen/words';
import type { TileId } from '../shared/tile';

/** The part of a client that the badge needs. */
export interface TileAgeClient {
  /** As `TileCacheClient.status`. */
  status(): ClientStatus;
  /** As `TileCacheClient.on`. */
  on(event: 'status', listener: (detail: ClientEvents['status']) => void): () => void;
}

/** The part of a map's binding that knows which tiles are on the screen. */
export interface TileAgeBinding {
  /** The layer's name in the worker. */
  readonly layer?: string;
  /** The tiles on the screen, in XYZ numbering. */
  tiles(): TileId[];
  /** Returns the facts about a tile, or `undefined` if nothing is known. */
  age(tile: TileId): (Pick<TileFacts, 'age'> & Partial<TileFacts>) | undefined;
}

/** The badge as its element shows it to the code behind it. */
export interface BadgeHost extends HTMLElement {
  readonly client: TileAgeClient | undefined;
  readonly binding: TileAgeBinding | undefined;
  readonly layer: string | null;
  readonly threshold: number;
  readonly texts: TileAgeTexts;
}
