import { storableHeaders } from '../http/storability';
import { HIDES_HEADER } from '../http/statuses';
import type { Tile } from './tile-store';

/** The headers to store with a body that the browser has decoded. */
export function storedHeaders(tile: Tile): Headers {
  const headers = storableHeaders(tile.headers);
  headers.delete(HIDES_HEADER);
  headers.delete('content-encoding');
  // Cache Storage rejects a response with `Vary: *`, even if the layer ignores Vary.
  if (headers.get('vary')?.includes('*')) headers.delete('vary');
  if (tile.bytes) headers.set('content-length', String(tile.bytes.byteLength));
  return headers;
}

/** The approximate bytes of quota that an opaque response takes, because the browser pads it. */
const OPAQUE_BYTES = 6 * 1024 * 1024;

/** The size of the body in bytes, or an estimate for an opaque response. */
export const bodySize = (tile: Tile): number => tile.bytes?.byteLength ?? OPAQUE_BYTES;

/** The size of the headers in characters. They take up quota like a body. */
export function headerSize(headers: Headers): number {
  let size = 0;
  headers.forEach((value, name) => (size += name.length + value.length + 4));
  return size;
}
