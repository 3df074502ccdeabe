/**
 * An entry of a directory: `runLength` tiles from `id` on share these bytes. A `runLength` of 0 marks a leaf directory.
 */
export interface DirectoryEntry {
  id: number;
  offset: number;
  length: number;
  runLength: number;
}

/** Encodes unsigned integers of up to 53 bits as varints: seven bits a byte, the lowest first. */
function varints(numbers: Iterable<number>): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  for (let value of numbers) {
    while (value >= 128) {
      bytes.push((value % 128) + 128);
      value = Math.floor(value / 128);
    }
    bytes.push(value);
  }
  return Uint8Array.from(bytes);
}

/** Encodes a directory, uncompressed (PMTiles version 3, section 4.2). Entries must be in ascending order of ids. */
export function encodeDirectory(entries: readonly DirectoryEntry[]): Uint8Array<ArrayBuffer> {
  return varints(columns(entries));
}

/** Returns the numbers column by column, because similar numbers side by side compress well. */
function* columns(entries: readonly DirectoryEntry[]): Generator<number> {
  yield entries.length;
  let before = 0;
  for (const { id } of entries) {
    yield id - before;
    before = id;
  }
  for (const { runLength } of entries) yield runLength;
  for (const { length } of entries) yield length;
  let end = -1;
  for (const { offset, length } of entries) {
    // 0 means: directly after the previous entry.
    yield offset === end ? 0 : offset + 1;
    end = offset + length;
  }
}
