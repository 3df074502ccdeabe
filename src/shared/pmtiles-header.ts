/** The types of an archive's tiles (PMTiles version 3, section 3). */
const TILE_TYPES = ['unknown', 'mvt', 'png', 'jpeg', 'webp', 'avif', 'mlt'] as const;
export type ArchiveTileType = (typeof TILE_TYPES)[number];

/** The compressions of tiles, or of directories and metadata. */
export const COMPRESSIONS = ['unknown', 'none', 'gzip', 'brotli', 'zstd'] as const;
export type ArchiveCompression = (typeof COMPRESSIONS)[number];

/** Bytes of an archive's header. */
export const HEADER_BYTES = 127;
/** A reader fetches this many bytes at once: they contain the header and the root directory. */
export const FIRST_BYTES = 16_384;

/** `[offset, length]` in bytes. */
export type Section = readonly [offset: number, length: number];

/** The header of a PMTiles archive, version 3. */
export interface ArchiveHeader {
  root: Section;
  metadata: Section;
  leaves: Section;
  tileData: Section;
  addressedTiles: number;
  tileEntries: number;
  tileContents: number;
  clustered: boolean;
  internalCompression: ArchiveCompression;
  tileCompression: ArchiveCompression;
  tileType: ArchiveTileType;
  zooms: readonly [min: number, max: number];
  /** `[west, south, east, north]` in degrees. */
  bounds: readonly [number, number, number, number];
  /** `[longitude, latitude, zoom]`. */
  center: readonly [number, number, number];
}

const E7 = 10_000_000;

/** Encodes the 127 bytes at the start of an archive. */
export function encodeHeader(header: ArchiveHeader): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode('PMTiles'));
  bytes[7] = 3;
  const { root, metadata, leaves, tileData, addressedTiles, tileEntries, tileContents } = header;
  [...root, ...metadata, ...leaves, ...tileData, addressedTiles, tileEntries, tileContents].forEach((value, index) =>
    view.setBigUint64(8 + 8 * index, BigInt(value), true),
  );
  bytes[96] = header.clustered ? 1 : 0;
  bytes[97] = COMPRESSIONS.indexOf(header.internalCompression);
  bytes[98] = COMPRESSIONS.indexOf(header.tileCompression);
  bytes[99] = TILE_TYPES.indexOf(header.tileType);
  [bytes[100], bytes[101]] = header.zooms;
  header.bounds.forEach((degrees, index) => view.setInt32(102 + 4 * index, Math.round(degrees * E7), true));
  const [longitude, latitude, zoom] = header.center;
  bytes[118] = zoom;
  view.setInt32(119, Math.round(longitude * E7), true);
  view.setInt32(123, Math.round(latitude * E7), true);
  return bytes;
}
