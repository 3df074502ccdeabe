/** Decodes bytes as text, one character per byte. */
export function latin(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, end));
}

/** The offset of the first occurrence of a byte sequence at or after `from`; -1 if there is none. */
export function find(bytes: Uint8Array, sequence: readonly number[], from = 0): number {
  for (let at = bytes.indexOf(sequence[0]!, from); at >= 0; at = bytes.indexOf(sequence[0]!, at + 1))
    if (sequence.every((byte, i) => bytes[at + i] === byte)) return at;
  return -1;
}

export const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

/** True if only padding (zeros, tabs, spaces, line breaks) follows from this offset on. */
export function isPadding(bytes: Uint8Array, from: number): boolean {
  for (let at = from; at < bytes.length; at += 1)
    if (!/[\0\t\n\r ]/.test(String.fromCharCode(bytes[at]!))) return false;
  return true;
}
