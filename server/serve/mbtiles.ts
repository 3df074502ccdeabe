import { open, readFile, stat } from 'node:fs/promises';
import { gunzipSync, inflateSync } from 'node:zlib';
import type { TileId } from '../../src/shared/tile';
import { load } from './load';

/** An open MBTiles file. */
export interface Mbtiles {
  /** The metadata by name. Some files lack required entries. */
  metadata: Readonly<Record<string, string>>;
  /** The tile format from the metadata or from the bytes of a tile: mvt, png, jpg, webp or avif; '' if unknown. */
  type: string;
  /** The lowest and highest zoom with tiles. */
  zooms: readonly [min: number, max: number];
  /** Returns a tile's bytes as stored in the file, or `undefined` if it does not exist. */
  tile(tile: TileId): Uint8Array | undefined;
  /** Yields all tiles in the order of the file. */
  tiles(): Iterable<readonly [TileId, Uint8Array]>;
  close(): void;
}

/** Bytes of a file, which is in memory while it is open. */
const MOST_BYTES = 2 ** 30;
/** Bytes of an uncompressed tile. */
const MOST_TILE_BYTES = 64 * 2 ** 20;

/**
 * Opens a file of MBTiles 1.3. Rejects with `INVALID_OPTION` if `sql.js` is not installed, and with an `Error` if the
 * file is invalid. The error's message continues a sentence that starts with the file's name.
 */
export async function openMbtiles(path: string, option: string): Promise<Mbtiles> {
  const { default: initialize } = await load(option, 'sql.js', () => import('sql.js'));
  const bytes = await bytesOf(path);
  const { Database } = await initialize();
  const database = new Database(bytes);
  try {
    const metadata = Object.fromEntries(
      (database.exec('SELECT name, value FROM metadata')[0]?.values ?? []).map(([name, value]) => [
        String(name),
        String(value ?? ''),
      ]),
    );
    const [min, max] = database.exec('SELECT min(zoom_level), max(zoom_level) FROM tiles')[0]!.values[0]!;
    const one = database.prepare(
      'SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ? AND tile_data IS NOT NULL',
    );
    const first = database.exec('SELECT tile_data FROM tiles WHERE tile_data IS NOT NULL LIMIT 1')[0]?.values[0]?.[0];
    return {
      metadata,
      type: typeOf(metadata.format, first instanceof Uint8Array ? first : undefined),
      zooms: [Number(min ?? 0), Number(max ?? 0)],
      tile({ z, x, y }) {
        one.bind([z, x, flipped(z, y)]);
        const data = one.step() ? one.get()[0] : undefined;
        one.reset();
        return data instanceof Uint8Array ? data : undefined;
      },
      *tiles() {
        const all = database.prepare('SELECT zoom_level, tile_column, tile_row, tile_data FROM tiles');
        try {
          while (all.step()) {
            const [z, x, row, data] = all.get() as [number, number, number, unknown];
            const tile = { z, x, y: flipped(z, row) };
            if (data instanceof Uint8Array && lies(tile)) yield [tile, data];
          }
        } finally {
          all.free();
        }
      },
      close: () => database.close(),
    };
  } catch {
    database.close();
    throw new Error('is not a readable MBTiles file');
  }
}

/**
 * Returns a tile in the form for clients: decompresses vector tiles, so that a server in front does not compress them
 * twice.
 */
export function unpacked(data: Uint8Array, type: string): Uint8Array {
  if (type !== 'mvt' || data.length < 2) return data;
  const limit = { maxOutputLength: MOST_TILE_BYTES };
  if (data[0] === 0x1f && data[1] === 0x8b) return gunzipSync(data, limit);
  // The header of zlib; no vector tile starts with these bytes.
  return data[0] === 0x78 && (data[0] * 256 + data[1]!) % 31 === 0 ? inflateSync(data, limit) : data;
}

/** Converts a row: MBTiles counts rows from the south (TMS). */
const flipped = (z: number, row: number) => 2 ** z - 1 - row;

const lies = ({ z, x, y }: TileId) =>
  [z, x, y].every(Number.isInteger) && z >= 0 && z <= 30 && Math.min(x, y) >= 0 && Math.max(x, y) < 2 ** z;

async function bytesOf(path: string): Promise<Uint8Array> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw new Error('cannot be read');
  if (found.size > MOST_BYTES)
    throw new Error(
      'is longer than 1 GiB, which would all be read into memory; make a PMTiles file of it (pmtiles convert)',
    );
  const head = await startOf(path);
  if (!head.toString('latin1').startsWith('SQLite format 3\0')) throw new Error('is not a readable MBTiles file');
  const ahead = await stat(`${path}-wal`).catch(() => undefined);
  if (ahead?.size)
    throw new Error('is being written; close the program that writes it, so that all data are in this one file');
  const bytes = new Uint8Array(await readFile(path));
  // Set the read and write versions to 1: a database that was written in WAL mode says 2, and the reader would look for
  // the log.
  bytes.set([1, 1], 18);
  return bytes;
}

async function startOf(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    return (await file.read(Buffer.alloc(16), 0, 16, 0)).buffer;
  } finally {
    await file.close();
  }
}

const FORMATS: Record<string, string> = {
  ...{ pbf: 'mvt', mvt: 'mvt', png: 'png', jpg: 'jpg', jpeg: 'jpg', webp: 'webp', avif: 'avif', mlt: 'mlt' },
  ...{ 'image/png': 'png', 'image/jpeg': 'jpg', 'image/webp': 'webp', 'image/avif': 'avif' },
  ...{ 'application/vnd.mapbox-vector-tile': 'mvt', 'application/x-protobuf': 'mvt' },
};

/** Returns the tile format. Files of early programs do not name one. */
function typeOf(format: string | undefined, tile: Uint8Array | undefined): string {
  const known = FORMATS[(format ?? '').trim().toLowerCase()];
  if (known !== undefined || !tile) return known ?? '';
  const start = Buffer.from(tile.subarray(0, 12)).toString('latin1');
  if (start.startsWith('\x89PNG')) return 'png';
  if (start.startsWith('\xff\xd8\xff')) return 'jpg';
  if (start.startsWith('RIFF')) return 'webp';
  return start.startsWith('\x1f\x8b') || start.startsWith('\x1a') ? 'mvt' : '';
}
