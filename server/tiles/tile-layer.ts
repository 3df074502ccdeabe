import { resolveLayer } from '../../src/shared/resolve-layer';
import type { TileId } from '../../src/shared/tile';
import { createTileMatcher } from '../../src/shared/tile-matcher';

const ORIGIN = 'https://tiles.invalid';

/** The parsed path of a tile request. */
export interface TilePath {
  layer: string;
  /** Whether the URL has z/x/y. */
  isTile: boolean;
  tile?: TileId;
}

/**
 * Creates a function that reads `…/tiles/{layer}/…` by the worker's own rule: if a number takes the layer's place
 * (`/tiles/{z}/{x}/{y}.png`) and no configured layer has that name, the layer is `default`.
 */
export function createTilePaths(configured: readonly string[]): (request: Request) => TilePath | undefined {
  const match = createTileMatcher({
    layers: configured.map((name) => resolveLayer(name)),
    catchAll: (name) => resolveLayer(name, {}, { catchAll: true }),
    origin: ORIGIN,
  });
  return (request) => {
    const { pathname } = new URL(request.url);
    const begin = pathname.indexOf('/tiles/');
    if (begin < 0) return undefined;
    const found = match(ORIGIN + pathname.slice(begin));
    return (
      found && { layer: found.layer.name, isTile: found.tile !== undefined, ...(found.tile && { tile: found.tile }) }
    );
  };
}
