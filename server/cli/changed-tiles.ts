import type { TileId, ZoomRange } from '../../src/shared/tile';
import type { Publication } from '../publish/publication';
import { createCoalescer } from '../publish/coalesce';
import { createTileList } from '../tiles/encode-tiles';
import { MAX_LISTED_ZOOM } from '../tiles/tile-keys';
import { readExpireLists } from './expire-list';
import { isGeojson } from './geojson-features';
import { usage } from './usage-error';

/** The sources of changed tiles on the command line. */
export interface ChangeSources {
  /** Paths of expire lists. */
  expire: readonly string[];
  /** Paths of two editions of the tiles, whose differences are the changes. */
  compared?: readonly [before: string, after: string];
}

/** The fields of a publication that name the changed tiles. */
export type ChangedFields = Partial<Pick<Publication, 'tiles' | 'boxes' | 'zooms' | 'changed'>>;

/**
 * Collects the changed tiles into one list. `zooms`: lists the ancestors and descendants of the tiles in these zooms in
 * place of the tiles' own zooms. If there are no tiles, the result says that nothing changed. If tiles are deeper than
 * zoom 26, it contains the boxes around all tiles instead.
 */
export async function readChanges({ expire, compared }: ChangeSources, zooms?: ZoomRange): Promise<ChangedFields> {
  if (compared?.some(isGeojson)) return readGeojson(expire, compared, zooms);
  const list = createTileList();
  const coalescer = createCoalescer();
  let deep = false;
  const add = (tile: TileId) => {
    coalescer.add(tile);
    if (tile.z > MAX_LISTED_ZOOM) deep = true;
    else list.add(tile);
  };
  for await (const tile of readExpireLists(expire)) add(tile);
  if (compared) {
    const { differences } = await import('./compare-tiles');
    for await (const tile of differences(...compared)) add(tile);
  }
  const around = coalescer.result();
  if (!around) return { changed: false };
  if (deep || (zooms && zooms[1] > MAX_LISTED_ZOOM)) return { ...around, ...(zooms && { zooms }) };
  return { tiles: list.pack(zooms) };
}

/** Reads the places of GeoJSON features that differ. Their tiles depend on the zooms. */
async function readGeojson(
  expire: readonly string[],
  compared: readonly [before: string, after: string],
  zooms: ZoomRange | undefined,
): Promise<ChangedFields> {
  const other = compared.findIndex((path) => !isGeojson(path));
  if (other >= 0) throw usage(other === 0 ? '--before' : '--after', 'must be GeoJSON, like the other file');
  if (expire.length > 0) throw usage('--expire', 'and GeoJSON exclude each other');
  const { differingArea } = await import('./compare-geojson');
  return (await differingArea(...compared, zooms)) ?? { changed: false };
}
