/** Some bytes as text, one character a byte. */
export function latin(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, end));
}

/** Where a sequence of bytes begins, from an offset on; -1 for nowhere. */
export function find(bytes: Uint8Array, sequence: readonly number[], from = 0): number {
  for (let at = bytes.indexOf(sequence[0]!, from); at >= 0; at = bytes.indexOf(sequence[0]!, at + 1))
    if (sequence.every((byte, i) => bytes[at + i] === byte)) return at;
  return -1;
}

export const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

/** True when all from this offset on is what writers pad with: zeros, spaces, line breaks. */
export function isPadding(bytes: Uint8Array, from: number): boolean {
  for (let at = from; at < bytes.length; at += 1)
    if (!/[\0\t\n\r ]/.test(String.fromCharCode(bytes[at]!))) return false;
  return true;
}
