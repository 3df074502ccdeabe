/** Reads the body up to `limit` bytes. */
export async function readUpTo(
  response: Response,
  limit: number,
): Promise<{ body: Uint8Array<ArrayBuffer>; cut: boolean }> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
    chunks.push(next.value);
    length += next.value.length;
    if (length < limit) continue;
    await reader?.cancel();
    break;
  }
  const body = new Uint8Array(length);
  chunks.reduce((at, chunk) => (body.set(chunk, at), at + chunk.length), 0);
  return { body, cut: length >= limit };
}
