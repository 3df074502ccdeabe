import { cornersOf } from '../adapters/overlay';
import type { TileId } from '../shared/tile';
import type { TileInspectorBinding } from './types';

type Point = { x: number; y: number };

/** Returns true if a point is inside a convex outline, in either direction. */
function isInside({ x, y }: Point, corners: readonly Point[]): boolean {
  const sides = corners.map((a, i) => {
    const b = corners[(i + 1) % corners.length]!;
    return (b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x);
  });
  return sides.every((side) => side >= 0) || sides.every((side) => side <= 0);
}

/** Returns the tile of a layer under a point of the map's element; of several, the one with the highest zoom. */
export function tileAt(binding: TileInspectorBinding, point: Point): TileId | undefined {
  const view = binding.view();
  if (!view) return undefined;
  const under = binding.tiles().filter((tile) => {
    const corners = cornersOf(tile, view);
    return corners && isInside(point, corners);
  });
  return under.sort((a, b) => b.z - a.z)[0];
}

/**
 * Calls back with the tile under each click, of the first layer that has one there. Returns the function that stops.
 */
export function watchPicks(
  bindings: readonly TileInspectorBinding[],
  picked: (layer: string, tile: TileId) => void,
): () => void {
  const containers = new Set(bindings.flatMap((binding) => binding.view()?.container ?? []));
  const onClick = (event: MouseEvent) => {
    const container = event.currentTarget as HTMLElement;
    const { left, top } = container.getBoundingClientRect();
    const point = { x: event.clientX - left, y: event.clientY - top };
    for (const binding of bindings) {
      const tile = binding.view()?.container === container ? tileAt(binding, point) : undefined;
      if (!tile) continue;
      // Keep the click from the map's own handlers.
      event.stopPropagation();
      event.preventDefault();
      return picked(binding.layer, tile);
    }
  };
  for (const container of containers) {
    container.addEventListener('click', onClick, { capture: true });
    container.style.cursor = 'crosshair';
  }
  return () => {
    for (const container of containers) {
      container.removeEventListener('click', onClick, { capture: true });
      container.style.cursor = '';
    }
  };
}
