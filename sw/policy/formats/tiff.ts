import { viewOf } from './bytes';

/** The tags for the offsets and the byte counts of strips and tiles (TIFF 6.0 sections 8 and 15). */
const OFFSETS = [273, 324];
const COUNTS = [279, 325];
/** The most directories that the check walks. */
const MAX_DIRECTORIES = 64;

/** True if a directory, a strip or a tile reaches past the end. A directory may come before or after its data. */
export function cutTiff(bytes: Uint8Array): boolean {
  const view = viewOf(bytes);
  const little = bytes[0] === 0x49;
  const { length } = bytes;
  const short = (at: number) => view.getUint16(at, little);
  const long = (at: number) => view.getUint32(at, little);
  const valuesAt = (entry: number): number[] => {
    const [size, count] = [short(entry + 2) === 3 ? 2 : 4, long(entry + 4)];
    const at = size * count <= 4 ? entry + 8 : long(entry + 8);
    if (at + size * count > length) return [Infinity];
    return Array.from({ length: count }, (_, i) => (size === 2 ? short(at + 2 * i) : long(at + 4 * i)));
  };
  if (length < 8) return true;
  let directory = long(4);
  for (let walked = 0; directory !== 0 && walked < MAX_DIRECTORIES; walked += 1) {
    if (directory + 2 > length) return true;
    const entries = short(directory);
    const end = directory + 2 + 12 * entries;
    if (end + 4 > length) return true;
    let offsets: number[] = [];
    let counts: number[] = [];
    for (let at = directory + 2; at < end; at += 12) {
      if (OFFSETS.includes(short(at))) offsets = valuesAt(at);
      if (COUNTS.includes(short(at))) counts = valuesAt(at);
    }
    if (offsets.some((offset, i) => offset + (counts[i] ?? 0) > length)) return true;
    directory = long(end);
  }
  return false;
}
