import { type Entry, findTile, type Header, readVarint, ResolvedValueCache, type Source, zxyToTileId } from 'pmtiles';
import type { Section } from '../../src/shared/pmtiles-header';
import type { TileId } from '../../src/shared/tile';
import { ArchiveError, damaged } from './archive-error';
import { decompress } from './decompress';

/** Reads the bytes of a part of the archive. */
export type ReadSection = (offset: number, length: number) => Promise<Uint8Array<ArrayBuffer>>;

/** Directories kept unpacked in memory; each may have tens of thousands of entries. */
const MAX_KEPT = 32;
/**
 * The most levels of directories, a root and leaves below it (PMTiles version 3, section 4.3): anything deeper leads
 * nowhere.
 */
const MAX_DEPTH = 4;
/** The most entries of one directory. Each is an object in memory; planets have some ten thousand in each. */
const MAX_ENTRIES = 262_144;
/** The most bytes of an unpacked directory: four numbers an entry. */
const MAX_DIRECTORY = MAX_ENTRIES * 32;
/** Bytes of one directory or tile, packed: more is damage. */
export const MAX_SECTION = 32 * 1024 * 1024;

/**
 * Finds a tile's place in the file; resolves with undefined if the archive does not have the tile. Rejects with
 * `ArchiveError`.
 */
export type Locate = (tile: TileId) => Promise<Section | undefined>;

export function createLocate(header: Header, read: ReadSection): Locate {
  const unpack = async (packed: ArrayBuffer, compression: number) =>
    counted(await decompress(new Uint8Array(packed), compression, MAX_DIRECTORY)).buffer;
  const kept = new ResolvedValueCache(MAX_KEPT, false, unpack);
  const reading = new Map<string, Promise<Entry[]>>();

  const parse = async (offset: number, length: number): Promise<Entry[]> => {
    let bytes: Uint8Array<ArrayBuffer> | undefined;
    const source: Source = {
      getKey: () => '',
      getBytes: async () => ({ data: (bytes = await read(offset, length)).buffer }),
    };
    try {
      return checked(await kept.getDirectory(source, offset, length, header), header);
    } catch (error) {
      // A failed read says nothing about the archive.
      if (!bytes || error instanceof ArchiveError) throw error;
      throw damaged('a directory cannot be read', error);
    }
  };

  /** Shares one read among all callers that need the same directory. */
  const directory = (offset: number, length: number): Promise<Entry[]> => {
    const key = `${offset} ${length}`;
    const known = reading.get(key);
    if (known) return known;
    const work = parse(offset, length).finally(() => reading.delete(key));
    reading.set(key, work);
    return work;
  };

  return async ({ z, x, y }) => {
    const id = zxyToTileId(z, x, y);
    let offset = header.rootDirectoryOffset;
    let length = header.rootDirectoryLength;
    for (let depth = 0; depth < MAX_DEPTH; depth += 1) {
      const entry = findTile(await directory(offset, length), id);
      if (!entry) return undefined;
      if (entry.runLength > 0) return [header.tileDataOffset + entry.offset, entry.length];
      offset = header.leafDirectoryOffset + entry.offset;
      length = entry.length;
    }
    throw damaged('its directories lead to each other without an end');
  };
}

/** Checks that a directory names a sane number of entries, before anything is allocated for each. */
function counted(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const count = readVarint({ buf: bytes, pos: 0 });
  if (count > MAX_ENTRIES) throw damaged(`a directory has more than ${MAX_ENTRIES} entries`);
  return bytes;
}

/** Checks that the entries of a directory lie within the archive, in order. */
function checked(entries: Entry[], { tileDataLength, leafDirectoryLength }: Header): Entry[] {
  let next = 0;
  for (const { tileId, offset, length, runLength } of entries) {
    if (tileId < next) throw damaged('a directory is not in order');
    next = tileId + Math.max(runLength, 1);
    const section = runLength > 0 ? tileDataLength : leafDirectoryLength;
    const outside = section !== undefined && offset + length > section;
    if (runLength === 0 && length === 0) throw damaged('a directory is empty');
    if (offset < 0 || outside || length > MAX_SECTION) throw damaged('a directory points behind the end');
  }
  return entries;
}
