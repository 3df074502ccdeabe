import { storableHeaders } from '../http/storability';
import { HIDES_HEADER } from '../http/statuses';
import type { Tile } from './tile-store';

/** What may be stored, of a body that the browser has decoded. */
export function storedHeaders(tile: Tile): Headers {
  const headers = storableHeaders(tile.headers);
  headers.delete(HIDES_HEADER);
  headers.delete('content-encoding');
  // Cache Storage takes no such response, not even where the layer ignores it.
  if (headers.get('vary')?.includes('*')) headers.delete('vary');
  if (tile.bytes) headers.set('content-length', String(tile.bytes.byteLength));
  return headers;
}

/** What an opaque response charges of the quota, about; the browser pads it. */
const OPAQUE_BYTES = 6 * 1024 * 1024;

/** Bytes of the body. */
export const bodySize = (tile: Tile): number => tile.bytes?.byteLength ?? OPAQUE_BYTES;

/** Characters of the headers, which take room like a body. */
export function headerSize(headers: Headers): number {
  let size = 0;
  headers.forEach((value, name) => (size += name.length + value.length + 4));
  return size;
}
