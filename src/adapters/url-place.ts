import { mayBeImage, readImageRequest } from '../shared/image-request';
import type { TileId } from '../shared/tile';
import type { TilePlace } from '../shared/tile-place';

/**
 * Where a tile lies, as the worker reads it: WMS and WMTS requests say so themselves, in grids of their own; of other
 * URLs it is the tile that the map asks for.
 */
export function placeOfUrl(url: string | undefined, tile: TileId): TilePlace {
  const query = url?.slice(url.indexOf('?') >>> 0) ?? '';
  if (!mayBeImage(query)) return tile;
  const kvp = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query))
    if (!kvp.has(name.toLowerCase())) kvp.set(name.toLowerCase(), value);
  return readImageRequest(kvp, 'EPSG:3857')?.place ?? tile;
}
