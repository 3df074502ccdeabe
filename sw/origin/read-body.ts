import { globalTimers, type Timers } from '../util/deadline';

/** Larger bodies go through without being stored. */
export const MAX_BODY = 32 * 1024 * 1024;

/** Nothing more came of a body for as long as the layer waits. */
export class BodyStalled extends Error {}

/**
 * The whole body, or `undefined` when it is larger than the limit. Rejects when it is cut off, or with `BodyStalled` when
 * nothing comes for `stall` seconds; `undefined` waits for ever.
 */
export async function readWhole(
  response: Response,
  stall: number | undefined,
  { limit = MAX_BODY, timers = globalTimers }: { limit?: number; timers?: Timers } = {},
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { setTimeout, clearTimeout } = timers;
  const { body, headers } = response;
  if (!body) return new Uint8Array();
  if (Number(headers.get('content-length')) > limit) {
    void body.cancel().catch(() => {});
    return undefined;
  }
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  let timer: unknown;
  let fail: (error: Error) => void = () => {};
  const stalled = new Promise<never>((_, reject) => (fail = reject));
  stalled.catch(() => {});
  try {
    for (;;) {
      if (stall !== undefined) timer = setTimeout(() => fail(new BodyStalled('the body stalled')), stall * 1000);
      const { done, value } = await Promise.race([reader.read(), stalled]);
      clearTimeout(timer as never);
      if (done) break;
      length += value.byteLength;
      if (length > limit) {
        void reader.cancel().catch(() => {});
        return undefined;
      }
      chunks.push(value);
    }
  } catch (error) {
    clearTimeout(timer as never);
    void reader.cancel().catch(() => {});
    throw error;
  }
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
