import { kvpOf, mayBeImage, readImageRequest } from '../shared/image-request';
import type { TilePlace } from '../shared/tile-place';

/**
 * Returns the place of an image that is requested by parameters (WMS, WMTS, an ArcGIS export), as the worker reads it.
 * Returns `null` if the parameters do not tell it (a national grid), and `undefined` for any other URL.
 */
export function placeInUrl(url: string | undefined): TilePlace | null | undefined {
  const query = url?.slice(url.indexOf('?') >>> 0) ?? '';
  if (!mayBeImage(query)) return undefined;
  const request = readImageRequest(kvpOf(new URLSearchParams(query)), 'EPSG:3857');
  return request && (request.place ?? null);
}
