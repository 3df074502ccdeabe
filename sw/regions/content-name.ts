/**
 * Names the content of a body: its length, its checksum, and a hash (FNV-1a). In a region of 100,000 tiles of one
 * length, as terrain may have, the checksum alone would be the same for two of them.
 */
export function contentName(bytes: Uint8Array, crc: number): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < bytes.length; at += 1) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return `${bytes.length} ${crc} ${hash >>> 0}`;
}
