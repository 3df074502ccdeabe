import type { FileHandle } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { extname } from 'node:path';
import { matches } from '../http/if-none-match';
import { toStream } from './bodies';
import { typeOf } from './content-types';
import { readRange } from './range';

/** Bytes up to which a file is read as a whole, and its tag computed from its bytes. */
const WHOLE = 1024 * 1024;

/** Returns a strong tag: equal bytes have equal tags. */
export const strongTag = (bytes: Uint8Array) => `"${createHash('sha256').update(bytes).digest('hex').slice(0, 20)}"`;

/** Creates the response for an open file, and closes the file with it: 200, 206, 304 or 416. */
export async function fileAnswer(
  request: Request,
  file: FileHandle,
  { name, isTile }: { name: string; isTile: boolean },
): Promise<Response> {
  let held = true;
  try {
    const { size, mtimeMs } = await file.stat();
    const bytes = size <= WHOLE ? await file.readFile() : undefined;
    const length = bytes?.byteLength ?? size;
    // Do not read a long file just for its tag: use size and time, which make a weak tag (RFC 9110 section 8.8.1).
    const etag = bytes ? strongTag(bytes) : `W/"${Math.floor(mtimeMs).toString(36)}-${size.toString(36)}"`;
    const headers = new Headers({ etag, 'x-content-type-options': 'nosniff', 'accept-ranges': 'bytes' });
    if (!isTile) headers.set('cache-control', 'no-cache');
    if (matches(request.headers.get('if-none-match'), etag)) return new Response(null, { status: 304, headers });
    headers.set('content-type', typeOf(name));
    if (bytes && isPacked(name, bytes)) headers.set('content-encoding', 'gzip');
    const range = request.method === 'GET' ? readRange(request.headers, length, etag) : undefined;
    if (range === 'unsatisfiable') {
      headers.set('content-range', `bytes */${length}`);
      return new Response(null, { status: 416, headers });
    }
    const { start, end } = range ?? { start: 0, end: length - 1 };
    if (range) headers.set('content-range', `bytes ${start}-${end}/${length}`);
    headers.set('content-length', String(end - start + 1));
    const status = range ? 206 : 200;
    if (request.method === 'HEAD') return new Response(null, { status, headers });
    if (bytes) return new Response(new Uint8Array(bytes.subarray(start, end + 1)), { status, headers });
    held = false;
    return new Response(toStream(file.createReadStream({ start, end })), { status, headers });
  } finally {
    if (held) await file.close();
  }
}

/** Returns whether a vector tile is compressed with gzip, which file names in tile folders do not tell. */
function isPacked(name: string, bytes: Uint8Array): boolean {
  return ['.pbf', '.mvt'].includes(extname(name).toLowerCase()) && bytes[0] === 0x1f && bytes[1] === 0x8b;
}
