import { MAX_BODY } from './read-body';

/** Bytes of a body that is read in one piece. Larger ones are passed on as they come: a map may draw the first of them. */
const SMALL = 128 * 1024;
/** The same for what is compressed, which may be much more than its length says. */
const SMALL_ENCODED = 32 * 1024;

/**
 * True for a small body of declared length, unless a time limit watches how it comes. The browser then gathers it beside
 * the worker's thread: each body that a script builds out of bytes costs a call that waits for the browser process.
 */
export function isReadInOnePiece({ body, headers }: Response, stall: number | undefined): boolean {
  const length = Number(headers.get('content-length'));
  const limit = headers.has('content-encoding') ? SMALL_ENCODED : SMALL;
  return body !== null && stall === undefined && length > 0 && length <= limit;
}

/** The bytes, to judge them by. Undefined: more than may be held. */
export async function bytesIn(blob: Blob): Promise<Uint8Array<ArrayBuffer> | undefined> {
  return blob.size > MAX_BODY ? undefined : new Uint8Array(await blob.arrayBuffer());
}
