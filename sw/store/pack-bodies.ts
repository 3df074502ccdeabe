import { sameBytes } from './stored-bytes';

/** Bytes in memory that are also a Blob, from its first byte to its last. */
export type Pieces = Map<ArrayBuffer, Blob>;

/** The fewest bytes that a pack takes out of a Blob: the browser needs an answer of another process for each part. */
const MIN_PART = 65_536;

/** Bytes that follow each other in memory. */
interface Run {
  buffer: ArrayBuffer;
  from: number;
  to: number;
}

/** The bodies of a pack, one behind the other, equal ones once. */
export interface PackBodies {
  /** Adds a body, unless an equal one is there. Returns its offset in bytes. `crc`: its checksum. */
  place(body: Uint8Array<ArrayBuffer>, crc: number): number;
  /** Bytes of all bodies. */
  size(): number;
  parts(): BlobPart[];
}

/**
 * Lays out bodies. Long runs of bodies that lie in `pieces` in the same order are taken from there: then the browser
 * copies them from file to file, and they do not pass through this thread a second time.
 */
export function createPackBodies(pieces: Pieces = new Map()): PackBodies {
  const known = new Map<string, { offset: number; body: Uint8Array }>();
  const runs: Run[] = [];
  let size = 0;
  return {
    place(body, crc) {
      const id = `${body.length} ${crc}`;
      const same = known.get(id);
      if (same && sameBytes(same.body, body)) return same.offset;
      const { buffer, byteOffset: from, length } = body;
      const offset = size;
      known.set(id, { offset, body });
      size += length;
      const last = runs.at(-1);
      if (last?.buffer === buffer && last.to === from) last.to += length;
      else runs.push({ buffer, from, to: from + length });
      return offset;
    },
    size: () => size,
    parts: () =>
      runs.map(({ buffer, from, to }) => {
        const piece = to - from < MIN_PART ? undefined : pieces.get(buffer);
        return piece ? piece.slice(from, to) : new Uint8Array(buffer, from, to - from);
      }),
  };
}
