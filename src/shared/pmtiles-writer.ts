import { hilbertId, MAX_HILBERT_ZOOM } from './hilbert';
import { type DirectoryEntry, encodeDirectory } from './pmtiles-directory';
import { type ArchiveHeader, type ArchiveTileType, encodeHeader, FIRST_BYTES, HEADER_BYTES } from './pmtiles-header';
import type { TileId } from './tile';
import { isTile, MAX_LATITUDE } from './tile-math';

/** Some bytes of a Blob. Making a Blob of its own for each tile would take about a millisecond. */
export interface BlobRange {
  blob: Blob;
  /** The first byte, and the one after the last. */
  from: number;
  to: number;
}

/** A tile of the archive to write. */
export interface ArchiveTile {
  tile: TileId;
  /** The body, already in the archive's tile compression. The writer does not compress it, and does not read a Blob. */
  body: Uint8Array<ArrayBuffer> | Blob | BlobRange;
  /**
   * A digest or another name of the bytes. The writer stores the bytes of tiles with the same `content` once.
   * @default none: every body is stored
   */
  content?: string;
}

/** The archive's header fields and metadata. */
export interface ArchiveInfo {
  tileType: ArchiveTileType;
  /** The compression of the bodies. @default 'none' */
  tileCompression?: 'none' | 'gzip';
  /** The compression of directories and metadata. @default 'gzip' */
  internalCompression?: 'none' | 'gzip';
  /** TileJSON fields (`name`, `attribution`, `vector_layers`) and any others. @default {} */
  metadata?: Readonly<Record<string, unknown>>;
  /** West, south, east, north in degrees. @default the whole world */
  bounds?: readonly [west: number, south: number, east: number, north: number];
  /** @default the middle of `bounds` at the lowest zoom */
  center?: readonly [longitude: number, latitude: number, zoom: number];
  /** Whether to write the bodies in the order of their ids. @default true */
  clustered?: boolean;
}

const WORLD = [-180, -MAX_LATITUDE, 180, MAX_LATITUDE] as const;
const ROOT_BYTES = FIRST_BYTES - HEADER_BYTES;
const MIN_LEAF = 1024;

/**
 * Writes a PMTiles archive, version 3. Returns the parts of the file in their order: `new Blob(await pmtilesOf(…))`. It
 * passes bodies on as they are, so Blobs stay on disk. Throws a `RangeError` if there are no tiles, if a tile repeats,
 * or if one is invalid or above zoom 26.
 */
export async function pmtilesOf(
  tiles: Iterable<ArchiveTile>,
  info: ArchiveInfo,
): Promise<Array<Uint8Array<ArrayBuffer> | Blob>> {
  const { internalCompression = 'gzip', tileCompression = 'none', clustered = true, bounds = WORLD } = info;
  const given = Array.from(tiles, (one) => ({ ...one, id: idOf(one.tile) }));
  if (given.length === 0) throw new RangeError('An archive needs at least one tile');
  const sorted = [...given].sort((a, b) => a.id - b.id);
  const { bodies, places, length } = layOut(clustered ? sorted : given);
  const entries = runsOf(sorted.map((one) => ({ id: one.id, runLength: 1, ...places.get(one)! })));

  const pack = (bytes: Uint8Array<ArrayBuffer>) => (internalCompression === 'gzip' ? gzip(bytes) : bytes);
  const { root, leaves } = await directoriesOf(entries, pack);
  const metadata = await pack(new TextEncoder().encode(JSON.stringify(info.metadata ?? {})));
  const zooms = [sorted[0]!.tile.z, sorted.at(-1)!.tile.z] as const;
  const metadataAt = HEADER_BYTES + root.byteLength;
  const leavesAt = metadataAt + metadata.byteLength;
  const leavesLength = leaves.reduce((sum, leaf) => sum + leaf.byteLength, 0);
  const header: ArchiveHeader = {
    root: [HEADER_BYTES, root.byteLength],
    metadata: [metadataAt, metadata.byteLength],
    leaves: [leavesAt, leavesLength],
    tileData: [leavesAt + leavesLength, length],
    addressedTiles: sorted.length,
    tileEntries: entries.length,
    tileContents: bodies.length,
    clustered,
    internalCompression,
    tileCompression,
    tileType: info.tileType,
    zooms,
    bounds,
    center: info.center ?? [middle(bounds[0], bounds[2]), middle(bounds[1], bounds[3]), zooms[0]],
  };
  return [encodeHeader(header), root, metadata, ...leaves, ...partsOf(bodies)];
}

const middle = (a: number, b: number) => (a + b) / 2;

function idOf(tile: TileId): number {
  if (!isTile(tile, MAX_HILBERT_ZOOM))
    throw new RangeError(`An archive cannot hold tile ${tile.z}/${tile.x}/${tile.y}`);
  return hilbertId(tile);
}

interface Placed {
  offset: number;
  length: number;
}

/** Assigns offsets to the bodies one after another; equal bodies share one. */
function layOut<T extends ArchiveTile>(tiles: readonly T[]) {
  const bodies: Array<ArchiveTile['body']> = [];
  const places = new Map<T, Placed>();
  const known = new Map<string, Placed>();
  let offset = 0;
  for (const one of tiles) {
    const { body, content } = one;
    let place = content === undefined ? undefined : known.get(content);
    if (!place) {
      place = { offset, length: sizeOf(body) };
      if (place.length === 0) throw new RangeError('An archive cannot hold a tile without bytes');
      bodies.push(body);
      offset += place.length;
      if (content !== undefined) known.set(content, place);
    }
    places.set(one, place);
  }
  return { bodies, places, length: offset };
}

const sizeOf = (body: ArchiveTile['body']) =>
  body instanceof Uint8Array ? body.byteLength : 'size' in body ? body.size : body.to - body.from;

const bytesIn = ({ blob, from, to }: BlobRange) => (from === 0 && to === blob.size ? blob : blob.slice(from, to));

/** Joins ranges that follow each other in a Blob. */
function partsOf(bodies: ReadonlyArray<ArchiveTile['body']>): Array<Uint8Array<ArrayBuffer> | Blob> {
  const joined: Array<ArchiveTile['body']> = [];
  for (const body of bodies) {
    const last = joined.at(-1);
    const follows = last && 'from' in last && 'from' in body && last.blob === body.blob && last.to === body.from;
    if (follows) joined[joined.length - 1] = { ...last, to: body.to };
    else joined.push(body);
  }
  return joined.map((body) => ('from' in body ? bytesIn(body) : body));
}

/** Joins consecutive tiles with the same bytes into one entry. */
function runsOf(entries: Iterable<DirectoryEntry>): DirectoryEntry[] {
  const runs: DirectoryEntry[] = [];
  for (const entry of entries) {
    const last = runs.at(-1);
    const next = last && last.id + last.runLength;
    if (last && next !== undefined && entry.id < next) throw new RangeError('The archive would hold a tile twice');
    if (last && next === entry.id && last.offset === entry.offset) last.runLength += 1;
    else runs.push(entry);
  }
  return runs;
}

/** All in the root where it has room for them; else leaves, the larger the more there are. */
async function directoriesOf(
  entries: DirectoryEntry[],
  pack: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>,
): Promise<{ root: Uint8Array<ArrayBuffer>; leaves: Array<Uint8Array<ArrayBuffer>> }> {
  if (entries.length <= ROOT_BYTES) {
    const root = await pack(encodeDirectory(entries));
    if (root.byteLength <= ROOT_BYTES) return { root, leaves: [] };
  }
  for (let size = Math.max(MIN_LEAF, Math.ceil(entries.length / 4096)); ; size *= 2) {
    const leaves: Array<Uint8Array<ArrayBuffer>> = [];
    const pointers: DirectoryEntry[] = [];
    let offset = 0;
    for (let at = 0; at < entries.length; at += size) {
      const leaf = await pack(encodeDirectory(entries.slice(at, at + size)));
      pointers.push({ id: entries[at]!.id, offset, length: leaf.byteLength, runLength: 0 });
      leaves.push(leaf);
      offset += leaf.byteLength;
    }
    const root = await pack(encodeDirectory(pointers));
    if (root.byteLength <= ROOT_BYTES) return { root, leaves };
  }
}

async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}
