import type { LayerState, OriginState } from './state';
import { createTilesRoom } from './tiles-room';

/** Keeps the lists of the latest publications. Replaces older ones, over all layers, by the boxes around them. */
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
