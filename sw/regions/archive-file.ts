import { hilbertId, MAX_HILBERT_ZOOM } from '../../src/shared/hilbert';
import { COMPRESSIONS, HEADER_BYTES } from '../../src/shared/pmtiles-header';
import type { DirectoryEntry } from '../../src/shared/pmtiles-directory';
import { MAX_REGION_TILES } from '../../src/shared/regions';
import type { TileId } from '../../src/shared/tile';
import { isRecord, refuse } from '../../src/shared/validate';

/** A PMTiles archive in a local file. */
export interface ArchiveFile {
  metadata: Record<string, unknown>;
  /** Tiles that its directories name. */
  readonly tiles: number;
  /**
   * Reads neighbouring tiles, which are mostly neighbours in the file, too: in one piece if they lie close together.
   * The returned function gives the bytes of each tile; undefined if the archive has none.
   */
  near(tiles: readonly TileId[]): Promise<ReadTile>;
}

/** Reads a tile. Several tiles may share one buffer. */
export type ReadTile = (tile: TileId) => Promise<Uint8Array<ArrayBuffer> | undefined>;

/** The most bytes of a file's metadata and directories, unpacked: a small file may unpack to any size. */
const MAX_UNPACKED = 64 * 1024 * 1024;
/** The most bytes that one read takes. */
const MAX_PIECE = 32 * 1024 * 1024;
/** One more than the id of any tile. */
const END_OF_IDS = (4 ** (MAX_HILBERT_ZOOM + 1) - 1) / 3;
const CODE = 'INVALID_OPTION';
const REMEDY = 'Use a file that regions.export() made.';

/**
 * Reads header, metadata and all directories of a PMTiles archive, version 3. Throws `INVALID_OPTION` for a file that
 * is no archive, or is cut off.
 */
export async function openArchiveFile(file: Blob): Promise<ArchiveFile> {
  const broken = (what: string): never => refuse(CODE, 'file', `a PMTiles archive: ${what}`, REMEDY);
  if (!(file instanceof Blob)) broken('it is no Blob');
  const head = await bytesOf(file.slice(0, HEADER_BYTES));
  if (head.length < HEADER_BYTES || new TextDecoder().decode(head.subarray(0, 7)) !== 'PMTiles' || head[7] !== 3)
    broken('it does not begin like one');
  const view = new DataView(head.buffer);
  const at = (index: number) => Number(view.getBigUint64(8 + 8 * index, true));
  const compression = COMPRESSIONS[head[97]!];
  if (COMPRESSIONS[head[98]!] !== 'none') broken('its tiles are compressed');
  if (compression !== 'none' && compression !== 'gzip') broken(`its directories are in ${compression}`);

  let left = MAX_UNPACKED;
  const count = (bytes: number) => {
    left -= bytes;
    if (left < 0) broken('its directories are too large');
  };
  const section = async (offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> => {
    if (!Number.isSafeInteger(offset + length) || offset + length > file.size || length > MAX_UNPACKED)
      broken('it is cut');
    const bytes = await bytesOf(file.slice(offset, offset + length));
    if (compression === 'gzip') return unpack(bytes, count);
    count(bytes.length);
    return bytes;
  };

  try {
    const metadata: unknown = JSON.parse(new TextDecoder().decode(await section(at(2), at(3))));
    if (!isRecord(metadata)) return broken('its metadata are no object');
    const places = new Map<number, { offset: number; length: number }>();
    const [leaves, data] = [at(4), at(6)];
    let next = 0;
    const walk = async (bytes: Uint8Array, depth: number): Promise<void> => {
      if (depth > 3) broken('its directories lie too deep');
      for (const { id, offset, length, runLength } of decodeDirectory(bytes)) {
        if (runLength === 0) {
          await walk(await section(leaves + offset, length), depth + 1);
          continue;
        }
        if (id < next || id + runLength > END_OF_IDS) broken('its directories name tiles twice, or out of order');
        if (length === 0 || data + offset + length > file.size) broken('it is cut');
        if (places.size + runLength > MAX_REGION_TILES) broken(`it has more than ${MAX_REGION_TILES} tiles`);
        const place = { offset: data + offset, length };
        for (let i = 0; i < runLength; i += 1) places.set(id + i, place);
        next = id + runLength;
      }
    };
    await walk(await section(at(0), at(1)), 0);
    // 0: the writer did not count (PMTiles version 3, section 3.2).
    if (at(8) !== 0 && at(8) !== places.size) broken(`it has ${places.size} tiles of ${at(8)}`);
    return {
      metadata,
      tiles: places.size,
      async near(tiles) {
        const own = tiles.flatMap((tile) => places.get(hilbertId(tile)) ?? []);
        const from = Math.min(...own.map(({ offset }) => offset));
        const to = Math.max(...own.map(({ offset, length }) => offset + length));
        const sum = own.reduce((sum, { length }) => sum + length, 0);
        // Read in one piece only if at least half of the bytes are those of the tiles.
        const piece = to - from <= Math.min(MAX_PIECE, 2 * sum) ? await bytesOf(file.slice(from, to)) : undefined;
        return async (tile) => {
          const place = places.get(hilbertId(tile));
          if (!place) return undefined;
          const { offset, length } = place;
          return piece
            ? piece.subarray(offset - from, offset - from + length)
            : bytesOf(file.slice(offset, offset + length));
        };
      },
    };
  } catch (error) {
    if ((error as { code?: unknown }).code === CODE) throw error;
    return broken(String((error as Error | undefined)?.message ?? error));
  }
}

/** Ends as soon as `count` throws. */
async function unpack(packed: Uint8Array<ArrayBuffer>, count: (bytes: number) => void) {
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip')).getReader();
  const chunks: Array<Uint8Array<ArrayBuffer>> = [];
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      count(part.value.length);
      chunks.push(part.value);
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
  return bytesOf(new Blob(chunks));
}

const bytesOf = async (blob: Blob) => new Uint8Array(await blob.arrayBuffer());

/** Decodes what `encodeDirectory` encodes (PMTiles version 3, section 4.2). */
export function decodeDirectory(bytes: Uint8Array): DirectoryEntry[] {
  let at = 0;
  const next = (): number => {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = bytes[at];
      if (byte === undefined) throw new RangeError('a directory is cut short');
      at += 1;
      value += (byte & 127) * scale;
      if (value > Number.MAX_SAFE_INTEGER) throw new RangeError('a directory has numbers that are too large');
      if (byte < 128) return value;
      scale *= 128;
    }
  };
  const count = next();
  if (count > Math.min(bytes.length, MAX_REGION_TILES)) throw new RangeError('a directory is cut short');
  const column = () => Array.from({ length: count }, next);
  let id = 0;
  const ids = column().map((step) => (id += step));
  const runs = column();
  const lengths = column();
  let end = 0;
  return column().map((told, i) => {
    if (told === 0 && i === 0) throw new RangeError('a directory begins nowhere');
    const offset = told === 0 && i > 0 ? end : told - 1;
    end = offset + lengths[i]!;
    return { id: ids[i]!, offset, length: lengths[i]!, runLength: runs[i]! };
  });
}
