import type { TileId } from '../../src/shared/tile';
import type { Handler } from '../http/http';
import type { createTilePaths } from './tile-layer';

/** Tiles and forms remembered a layer, and layers. */
const MOST_TILES = 16;
const MOST_FORMS = 32;
const MOST_LAYERS = 1000;

/** What stands behind z/x/y: pixel ratio and format, `@2x.pbf`. `undefined` where a path names its tile in another way. */
export const formOf = (pathname: string): string | undefined => /\/\d+\/\d+\/\d+([^/]*)$/.exec(pathname)?.[1];

interface Served {
  tiles: TileId[];
  forms: Set<string>;
}

/** Remembers a few tiles that exist, so that the check at the edge asks inside the data. */
export function createServedTiles(pathOf: ReturnType<typeof createTilePaths>) {
  const layers = new Map<string, Served>();
  return {
    of: (layer: string): readonly TileId[] => layers.get(layer)?.tiles ?? [],
    /** The forms that pages asked for and got: copies of a tile that lie at the edge under URLs of their own. */
    forms: (layer: string): readonly string[] => [...(layers.get(layer)?.forms ?? [])],
    note:
      (handler: Handler): Handler =>
      async (request, context) => {
        const response = await handler(request, context);
        const path = response.status === 200 ? pathOf(request) : undefined;
        if (path?.tile && (layers.has(path.layer) || layers.size < MOST_LAYERS)) {
          const { z, x, y } = path.tile;
          const { tiles, forms } = layers.get(path.layer) ?? { tiles: [], forms: new Set<string>() };
          const others = tiles.filter((t) => t.z !== z || t.x !== x || t.y !== y);
          const form = formOf(new URL(request.url).pathname);
          if (form !== undefined && forms.size < MOST_FORMS) forms.add(form);
          layers.set(path.layer, { tiles: [...others, path.tile].slice(-MOST_TILES), forms });
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
