import { globalTimers, type Timers } from '../util/deadline';
import type { PageBody } from './page-body';

/** Bytes of the largest body that is stored; larger bodies go through without being stored. */
export const MAX_BODY = 32 * 1024 * 1024;

/** Thrown when no more of a body arrives within the timeout of the layer. */
export class BodyStalled extends Error {}

interface Reading {
  /** Bytes. */
  limit?: number;
  timers?: Timers;
  /**
   * Gets each part as it arrives. The rest of a body that is too large to be held goes to the page alone, no faster
   * than the page reads.
   */
  page?: PageBody | undefined;
  /** Returns true if a body that ended after `length` bytes is shorter than declared. */
  isCut?: (length: number) => boolean;
}

/**
 * Reads the whole body; resolves with `undefined` when it is larger than the limit. Rejects when the body is cut off,
 * or with `BodyStalled` when nothing comes for `stall` seconds; an undefined `stall` waits for ever.
 */
export async function readWhole(
  response: Response,
  stall: number | undefined,
  { limit = MAX_BODY, timers = globalTimers, page, isCut = () => false }: Reading = {},
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { setTimeout, clearTimeout } = timers;
  const { body, headers } = response;
  if (!body) {
    page?.close();
    return new Uint8Array();
  }
  const reader = body.getReader();
  if (Number(headers.get('content-length')) > limit) {
    void passOn(reader, page);
    return undefined;
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  let timer: unknown;
  let fail: (error: Error) => void = () => {};
  const stalled = new Promise<never>((_, reject) => (fail = reject));
  stalled.catch(() => {});
  try {
    for (;;) {
      if (stall !== undefined) timer = setTimeout(() => fail(new BodyStalled()), stall * 1000);
      const { done, value } = await (stall === undefined ? reader.read() : Promise.race([reader.read(), stalled]));
      clearTimeout(timer as never);
      if (done) break;
      length += value.byteLength;
      page?.write(value);
      if (length > limit) {
        void passOn(reader, page);
        return undefined;
      }
      chunks.push(value);
    }
  } catch (error) {
    clearTimeout(timer as never);
    void reader.cancel().catch(() => {});
    page?.fail(error);
    throw error;
  }
  if (isCut(length)) page?.fail(new TypeError('The body was cut short.'));
  else page?.close();
  return joined(chunks, length);
}

/** Passes the rest to the page alone: the part that the page has not read yet stays at the origin. Never rejects. */
async function passOn(reader: ReadableStreamDefaultReader<Uint8Array>, page: PageBody | undefined): Promise<void> {
  try {
    if (!page) return await reader.cancel();
    // The page can leave while nothing comes, too.
    void page.finished.then(() => reader.cancel()).catch(() => {});
    for (;;) {
      await page.hungry();
      if (page.gone) return;
      const { done, value } = await reader.read();
      if (done) return page.close();
      page.write(value);
    }
  } catch (error) {
    page?.fail(error);
  }
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  if (chunks.length === 1 && chunks[0]!.byteLength === chunks[0]!.buffer.byteLength)
    return chunks[0] as Uint8Array<ArrayBuffer>;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}
