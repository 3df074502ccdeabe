import type { TileId } from '../../src/shared/tile';

/** What is known of where a window's map looks at a layer; undefined where it never told. */
export type Looks = (clientId: string, layer: string, tile: TileId | undefined) => boolean | undefined;

/** A window, as far as it matters here. */
interface Page {
  id: string;
  url: string;
}

/**
 * The pages that a use by a page's web worker is told to (MapLibre fetches vector tiles in one). No platform says whose the
 * worker is. So: the windows whose map shows that tile of that layer by what they told, and those of the same address that
 * have told nothing yet, for they may be it. Nobody is told whose map is known to look elsewhere. Where no window ever
 * told of the layer, all of them are.
 */
export function recipients<P extends Page>(
  open: readonly P[],
  looks: Looks,
  use: { layer: string; tile?: TileId | undefined },
): P[] {
  const told = open.map((page) => ({ page, shows: looks(page.id, use.layer, use.tile) }));
  const maps = new Set(told.filter(({ shows }) => shows !== undefined).map(({ page }) => address(page)));
  if (maps.size === 0) return [...open];
  return told.filter(({ page, shows }) => shows ?? maps.has(address(page))).map(({ page }) => page);
}

/** A map's address changes behind `#` and `?` as it moves. */
const address = ({ url }: Page) => url.replace(/[?#].*$/s, '');
