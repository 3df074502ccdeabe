import { open } from 'node:fs/promises';
import type { RangeResponse, Source } from 'pmtiles';

/**
 * Reads parts of a PMTiles file. It is opened for each: whoever replaces the file needs no restart, and `mismatch` makes the
 * error by which the reader learns that the parts it knows are another file's.
 */
export function fileSource(path: string, mismatch: () => Error): Source {
  return {
    getKey: () => path,
    async getBytes(offset, length, _signal, etag): Promise<RangeResponse> {
      const file = await open(path, 'r');
      try {
        const { mtimeMs, size, ino } = await file.stat();
        const present = [ino, mtimeMs, size].join('-');
        if (etag !== undefined && etag !== present) throw mismatch();
        const data = new ArrayBuffer(Math.max(0, Math.min(length, size - offset)));
        await file.read(new Uint8Array(data), 0, data.byteLength, offset);
        return { data, etag: present };
      } finally {
        await file.close();
      }
    },
  };
}
