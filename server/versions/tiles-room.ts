import { MAX_TILES_LENGTH } from '../../src/shared/tile-set';
import type { LayerState, OriginState } from './state';

/** Bytes of a manifest that clients read. */
export const MAX_MANIFEST_BYTES = 262_144;
/** Bytes that stay free for what the origin asks of pages. */
const ORDERS = 1024;

/** What a list costs besides its own characters. */
const FIELD = '"tiles":"",'.length;

/** Characters that lists of tiles may still take in a manifest. */
export interface TilesRoom {
  /** True where the list has room, which it then takes. */
  take(tiles: string): boolean;
}

/** The room beside the rest of a manifest. */
export const roomBeside = (bytes: number): TilesRoom =>
  createTilesRoom(Math.min(MAX_TILES_LENGTH + FIELD, MAX_MANIFEST_BYTES - ORDERS - bytes));

export function createTilesRoom(characters = MAX_TILES_LENGTH + FIELD): TilesRoom {
  let left = characters;
  return {
    take(tiles) {
      const cost = tiles.length + FIELD;
      if (cost > left) return false;
      left -= cost;
      return true;
    },
  };
}

/** The lists of the latest publications; of those before, of all layers together, only the boxes around them are kept. */
export function withinTilesRoom(state: OriginState): OriginState {
  const all = Object.values(state.layers).flatMap(({ steps }) => steps.filter(({ tiles }) => tiles !== undefined));
  const room = createTilesRoom();
  const dropped = new Set(all.sort((a, b) => b.revision - a.revision).filter(({ tiles }) => !room.take(tiles!)));
  if (dropped.size === 0) return state;
  const layers = Object.entries(state.layers).map(([name, layer]): [string, LayerState] => {
    if (!layer.steps.some((step) => dropped.has(step))) return [name, layer];
    const steps = layer.steps.map((step) => {
      const { tiles, ...rest } = step;
      return tiles !== undefined && dropped.has(step) ? rest : step;
    });
    return [name, { ...layer, steps }];
  });
  return { ...state, layers: Object.fromEntries(layers) };
}
