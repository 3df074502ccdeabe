/** One line of a directory: `runLength` tiles from `id` on have these bytes; 0 for a leaf directory. */
export interface DirectoryEntry {
  id: number;
  offset: number;
  length: number;
  runLength: number;
}

/** Unsigned integers of up to 53 bits, seven bits a byte, the lowest first. */
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

/** A directory as its bytes, before compression (PMTiles version 3, section 4.2). The entries ascend by id. */
export function encodeDirectory(entries: readonly DirectoryEntry[]): Uint8Array<ArrayBuffer> {
  return varints(columns(entries));
}

/** Column by column: what is alike lies together and packs well. */
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
    // 0 says: right behind the one before.
    yield offset === end ? 0 : offset + 1;
    end = offset + length;
  }
}
