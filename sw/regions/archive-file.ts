import { hilbertId, MAX_HILBERT_ZOOM } from '../../src/shared/hilbert';
import { COMPRESSIONS, HEADER_BYTES } from '../../src/shared/pmtiles-header';
import type { DirectoryEntry } from '../../src/shared/pmtiles-directory';
import { MAX_REGION_TILES } from '../../src/shared/regions';
import type { TileId } from '../../src/shared/tile';
import { isRecord, refuse } from '../../src/shared/validate';
import type { Pieces } from '../store/pack-bodies';
import { joinSpans, type Joined, type JoinLimits, type Span } from '../util/join-spans';

/** A PMTiles archive in a local file. */
export interface ArchiveFile {
  metadata: Record<string, unknown>;
  /** Tiles that its directories name. */
  readonly tiles: number;
  /** Reads neighbouring tiles, which are mostly neighbours in the file, too: those that lie close together in one piece. */
  near(tiles: readonly TileId[]): Promise<FileTiles>;
}

/** Tiles of a file. */
export interface FileTiles {
  /** Reads a tile. Several tiles may share one buffer. Resolves with undefined if the file has no such tile. */
  read(tile: TileId): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** The parts of the file that are in memory. */
  pieces: Pieces;
}

/** The most bytes of a file's metadata and directories, unpacked: a small file may unpack to any size. */
const MAX_UNPACKED = 64 * 1024 * 1024;
/** The most bytes of neighbouring tiles that are read before they are needed. */
const MAX_AHEAD = 32 * 1024 * 1024;
/** Which tiles are read in one piece: a read costs more than this many bytes that nobody needs. */
const JOINING: JoinLimits = { waste: 0.5, gap: 65_536, size: MAX_AHEAD };
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
    const places = new Map<number, Span>();
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
        const place = { start: data + offset, end: data + offset + length };
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
        const spans = tiles.flatMap((tile) => places.get(hilbertId(tile)) ?? []);
        const sum = spans.reduce((sum, { start, end }) => sum + end - start, 0);
        const read = new Map<Span, Uint8Array<ArrayBuffer>>();
        const pieces: Pieces = new Map();
        const readPiece = async ({ start, end, spans }: Joined<Span>) => {
          const blob = file.slice(start, end);
          const bytes = await bytesOf(blob);
          pieces.set(bytes.buffer, blob);
          for (const span of spans) read.set(span, bytes.subarray(span.start - start, span.end - start));
        };
        if (sum <= MAX_AHEAD) await Promise.all(joinSpans(spans, JOINING).map(readPiece));
        return {
          pieces,
          async read(tile) {
            const span = places.get(hilbertId(tile));
            return span && (read.get(span) ?? bytesOf(file.slice(span.start, span.end)));
          },
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
