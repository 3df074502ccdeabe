import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import type { Entry, Header } from 'pmtiles';
import { TileCacheError } from '../../src/shared/errors';
import type { TileId } from '../../src/shared/tile';
import { parseTileLine } from '../publish/coalesce';
import { fileSource } from '../serve/archive-source';
import { load } from '../serve/load';
import { filesBelow, linesOf, type Unreadable } from './read-lines';

/** A tile and the digest of its bytes. A tile in several formats occurs once for each. */
export interface TileDigest {
  tile: TileId;
  /** The digest in hexadecimal digits. */
  digest: string;
}

/**
 * Hexadecimal digits of a digest, as many as of a version, so that a collision within a layer is practically
 * impossible.
 */
const DIGITS = 16;
const TILE_FILE = /(?:^|\/)(\d{1,2})\/(\d{1,10})\/(\d{1,10})((?:@\d+(?:\.\d+)?x)?(?:\.\w+)*)$/i;

/**
 * Yields the digests of a folder of tiles (`z/x/y.ext`), of a PMTiles or MBTiles file, or of a file of lines that
 * `formatDigest` wrote. Throws `INVALID_OPTION` for anything else.
 */
export async function* readDigests(path: string, option: string): AsyncGenerator<TileDigest> {
  const unreadable = refusal(option);
  const found = await stat(path).catch((cause: unknown) => {
    throw unreadable(path, 'cannot be read', cause);
  });
  if (found.isDirectory()) yield* ofFolder(path, unreadable);
  else if (/\.mbtiles$/i.test(path)) yield* ofMbtiles(path, option, unreadable);
  else if (/\.pmtiles$/i.test(path)) yield* ofArchive(path, option, unreadable);
  else yield* ofFile(path, unreadable);
}

/** Formats one line of a file of digests. */
export const formatDigest = ({ tile: { z, x, y }, digest }: TileDigest): string => `${z}/${x}/${y} ${digest}\n`;

async function* ofFolder(folder: string, unreadable: Unreadable): AsyncGenerator<TileDigest> {
  let none = true;
  for await (const file of filesBelow(folder, unreadable)) {
    const parts = TILE_FILE.exec(relative(folder, file).split(sep).join('/'));
    // Skip other files, such as TileJSON and styles.
    const tile = parts && parseTileLine(`${parts[1]}/${parts[2]}/${parts[3]}`);
    if (!tile) continue;
    none = false;
    const hash = createHash('sha256').update(parts[4]!);
    try {
      for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array);
    } catch (cause) {
      throw unreadable(file, 'cannot be read', cause);
    }
    yield { tile, digest: hash.digest('hex').slice(0, DIGITS) };
  }
  if (none) throw unreadable(folder, 'contains no tile z/x/y.ext');
}

async function* ofFile(file: string, unreadable: Unreadable): AsyncGenerator<TileDigest> {
  let number = 0;
  for await (const line of linesOf(file, unreadable)) {
    number += 1;
    if (line.trim() === '') continue;
    const [, place = '', digest = ''] = /^(\S+) ([0-9a-f]{16})$/.exec(line.trimEnd()) ?? [];
    const tile = parseTileLine(place);
    if (!tile) throw unreadable(file, `contains no tile digest in line ${number}`);
    yield { tile, digest };
  }
}

async function* ofArchive(path: string, option: string, unreadable: Unreadable): AsyncGenerator<TileDigest> {
  const { EtagMismatch, ResolvedValueCache, tileIdToZxy } = await load(option, 'pmtiles', () => import('pmtiles'));
  const source = fileSource(path, () => new EtagMismatch());
  const cache = new ResolvedValueCache();
  const entriesOf = async function* (
    offset: number,
    length: number,
    header: Header,
    depth: number,
  ): AsyncGenerator<Entry> {
    for (const entry of await cache.getDirectory(source, offset, length, header)) {
      if (entry.runLength > 0) yield entry;
      else if (depth < 4) yield* entriesOf(header.leafDirectoryOffset + entry.offset, entry.length, header, depth + 1);
    }
  };
  const file = await open(path, 'r');
  /** The digests of tiles by their position, because archives store equal tiles, such as sea, only once. */
  const known = new Map<number, string>();
  try {
    const header = await cache.getHeader(source);
    for await (const { tileId, offset, length, runLength } of entriesOf(
      header.rootDirectoryOffset,
      header.rootDirectoryLength,
      header,
      0,
    )) {
      let digest = known.get(offset);
      if (digest === undefined) {
        const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, header.tileDataOffset + offset);
        // Two archives that were cut short at the same tile would seem equal.
        if (bytesRead < length) throw new Error('The archive is cut short.');
        digest = createHash('sha256').update(buffer).digest('hex').slice(0, DIGITS);
        known.set(offset, digest);
      }
      for (let i = 0; i < runLength; i++) {
        const [z, x, y] = tileIdToZxy(tileId + i);
        yield { tile: { z, x, y }, digest };
      }
    }
  } catch (cause) {
    throw cause instanceof TileCacheError ? cause : unreadable(path, 'is not a readable PMTiles archive', cause);
  } finally {
    await file.close();
  }
}

async function* ofMbtiles(path: string, option: string, unreadable: Unreadable): AsyncGenerator<TileDigest> {
  const { openMbtiles } = await import('../serve/mbtiles');
  const file = await openMbtiles(path, option).catch((cause: unknown) => {
    throw cause instanceof TileCacheError ? cause : unreadable(path, (cause as Error).message, cause);
  });
  try {
    for (const [tile, data] of file.tiles())
      yield { tile, digest: createHash('sha256').update(data).digest('hex').slice(0, DIGITS) };
  } catch (cause) {
    throw unreadable(path, 'is damaged', cause);
  } finally {
    file.close();
  }
}

const refusal =
  (option: string): Unreadable =>
  (path, why, cause) =>
    new TileCacheError(
      {
        code: 'INVALID_OPTION',
        field: option,
        message: `${option}: ${path} ${why}.`,
        remedy:
          'Give a folder of tiles (z/x/y.ext), a PMTiles or MBTiles file, or a file that sw-tile-cache digest wrote.',
      },
      { cause },
    );
