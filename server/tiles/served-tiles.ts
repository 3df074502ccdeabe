import type { TileId } from '../../src/shared/tile';
import type { Handler } from '../http/http';
import type { createTilePaths } from './tile-layer';

/** Tiles and forms remembered for each layer, and number of layers. */
const MOST_TILES = 16;
const MOST_FORMS = 32;
const MOST_LAYERS = 1000;

/**
 * Returns the suffix after z/x/y, that is pixel ratio and format: `@2x.pbf`. Returns `undefined` for paths of another
 * form.
 */
export const formOf = (pathname: string): string | undefined => /\/\d+\/\d+\/\d+([^/]*)$/.exec(pathname)?.[1];

interface Served {
  tiles: TileId[];
  forms: Set<string>;
}

/** Remembers a few tiles that exist, so that the check at the edge requests tiles inside the data. */
export function createServedTiles(pathOf: ReturnType<typeof createTilePaths>) {
  const layers = new Map<string, Served>();
  return {
    of: (layer: string): readonly TileId[] => layers.get(layer)?.tiles ?? [],
    /** Returns the forms that pages have received: copies of a tile that the edge stores under separate URLs. */
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

/** Returns the first handler's answer that is a tile, or else the first answer; `undefined` if there is no handler. */
export async function askHandlers(handlers: readonly Handler[], url: string): Promise<Response | undefined> {
  let first: Response | undefined;
  for (const handler of handlers) {
    const response = await handler(new Request(new URL(url, 'http://localhost')));
    if (response.status === 200) return response;
    first ??= response;
  }
  return first;
}
