/** Larger bodies go through without being stored. */
export const MAX_BODY = 32 * 1024 * 1024;

/**
 * The whole body, or `undefined` when it is larger than the limit. Rejects when it is cut off, or when nothing comes for
 * `stall` seconds: a connection that died half-way must not hold its tile for ever.
 */
export async function readWhole(
  response: Response,
  stall: number,
  { limit = MAX_BODY, setTimeout = globalThis.setTimeout, clearTimeout = globalThis.clearTimeout } = {},
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { body, headers } = response;
  if (!body) return new Uint8Array();
  if (Number(headers.get('content-length')) > limit) {
    void body.cancel().catch(() => {});
    return undefined;
  }
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let fail: (error: Error) => void = () => {};
  const stalled = new Promise<never>((_, reject) => (fail = reject));
  stalled.catch(() => {});
  try {
    for (;;) {
      timer = setTimeout(() => fail(new Error('the body stalled')), stall * 1000);
      const { done, value } = await Promise.race([reader.read(), stalled]);
      clearTimeout(timer);
      if (done) break;
      length += value.byteLength;
      if (length > limit) {
        void reader.cancel().catch(() => {});
        return undefined;
      }
      chunks.push(value);
    }
  } catch (error) {
    clearTimeout(timer);
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
