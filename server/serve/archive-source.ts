import { open } from 'node:fs/promises';
import type { RangeResponse, Source } from 'pmtiles';

/**
 * Creates a source that reads parts of a PMTiles file. It opens the file for each part, so that replacing the file
 * needs no restart. `mismatch` creates the error that tells the reader that its parts belong to another file.
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
