import { ArchiveError, damaged } from './archive-error';

/** Maps each compression's number (PMTiles version 3, section 3.1) to its name for `DecompressionStream`. */
const FORMATS: Record<number, string> = { 2: 'gzip', 3: 'brotli', 4: 'zstd' };

/** The most bytes of an unpacked tile or of unpacked metadata, as a limit for decompression bombs. */
const MAX_BYTES = 64 * 1024 * 1024;

function streamOf(format: string): DecompressionStream {
  try {
    return new DecompressionStream(format as CompressionFormat);
  } catch (cause) {
    throw new ArchiveError(
      `This browser cannot decompress ${format}: write the archive with gzip, or without compression.`,
      502,
      { cause },
    );
  }
}

/** Undoes a compression; leaves 0 (unknown) and 1 (none) as they are. Rejects with `ArchiveError`. */
export async function decompress(
  bytes: Uint8Array<ArrayBuffer>,
  compression: number,
  limit = MAX_BYTES,
): Promise<Uint8Array<ArrayBuffer>> {
  if (compression < 2) return bytes;
  const format = FORMATS[compression];
  if (!format) throw new ArchiveError(`The archive uses an unknown compression (${compression}).`);
  const reader = new Blob([bytes]).stream().pipeThrough(streamOf(format)).getReader();
  const pieces: Array<Uint8Array<ArrayBuffer>> = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.byteLength;
      if (size > limit) throw damaged(`a part of it decompresses to more than ${limit} bytes`);
      pieces.push(value as Uint8Array<ArrayBuffer>);
    }
  } catch (cause) {
    void reader.cancel().catch(() => {});
    if (cause instanceof ArchiveError) throw cause;
    throw damaged(`a part of it is not ${format}`, cause);
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}
