import type { TileId } from '../src/shared/tile';
import type { Handler } from './http/http';
import type { createTilePaths } from './tile-layer';

/** Tiles remembered a layer, and layers. */
const MOST_TILES = 16;
const MOST_LAYERS = 1000;

/** Remembers a few tiles that exist, so that the check at the edge asks inside the data. */
export function createServedTiles(pathOf: ReturnType<typeof createTilePaths>) {
  const layers = new Map<string, TileId[]>();
  return {
    of: (layer: string): readonly TileId[] => layers.get(layer) ?? [],
    note:
      (handler: Handler): Handler =>
      async (request, context) => {
        const response = await handler(request, context);
        const path = response.status === 200 ? pathOf(request) : undefined;
        if (path?.tile && (layers.has(path.layer) || layers.size < MOST_LAYERS)) {
          const { z, x, y } = path.tile;
          const others = (layers.get(path.layer) ?? []).filter((t) => t.z !== z || t.x !== x || t.y !== y);
          layers.set(path.layer, [...others, path.tile].slice(-MOST_TILES));
        }
        return response;
      },
  };
}

/** The first handler's answer that is a tile, else the first one's. `undefined`: there is no handler. */
export async function askHandlers(handlers: readonly Handler[], url: string): Promise<Response | undefined> {
  let first: Response | undefined;
  for (const handler of handlers) {
    const response = await handler(new Request(new URL(url, 'http://localhost')));
    if (response.status === 200) return response;
    first ??= response;
  }
  return first;
}
