import { resolveLayer } from '../../src/shared/resolve-layer';
import type { TileId } from '../../src/shared/tile';
import { createTileMatcher } from '../../src/shared/tile-matcher';

const ORIGIN = 'https://tiles.invalid';

/** What the path of a tile request says. */
export interface TilePath {
  layer: string;
  /** False for URLs without z/x/y. */
  isTile: boolean;
  tile?: TileId;
}

/**
 * Reads `…/tiles/{layer}/…` by the worker's own rule: where a number stands in the layer's place
 * (`/tiles/{z}/{x}/{y}.png`) and no configured layer bears it, the layer is `default`.
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
