import type { TileId } from '../../src/shared/tile';

/** True if a window's map shows this tile of the layer; `undefined` if the window never reported its view. */
export type Shows = (clientId: string, layer: string, tile: TileId | undefined) => boolean | undefined;

/** The properties of a window that decide whether it receives a use. */
interface Page {
  id: string;
  url: string;
}

/**
 * Selects the pages that hear of a use by a page's web worker (MapLibre fetches vector tiles in one). No platform tells
 * which page owns a web worker. The recipients are the windows whose map shows that tile of the layer according to
 * their reports, and the windows of the same address that have not reported yet, because one of them may be the owner.
 * A window whose map is known to look elsewhere hears nothing. If no window ever reported on the layer, all windows are
 * recipients.
 */
export function recipients<P extends Page>(
  open: readonly P[],
  showsTile: Shows,
  use: { layer: string; tile?: TileId | undefined },
): P[] {
  const told = open.map((page) => ({ page, shows: showsTile(page.id, use.layer, use.tile) }));
  const maps = new Set(told.filter(({ shows }) => shows !== undefined).map(({ page }) => address(page)));
  if (maps.size === 0) return [...open];
  return told.filter(({ page, shows }) => shows ?? maps.has(address(page))).map(({ page }) => page);
}

/** The URL up to `?` or `#`. A map changes the rest of its URL as it moves. */
const address = ({ url }: Page) => url.replace(/[?#].*$/s, '');
