import { stat } from 'node:fs/promises';
import { TileCacheError } from '../../src/shared/errors';
import { json, wrongMethod, type Handler } from '../http/http';
import { matches } from '../http/if-none-match';
import { shortHash } from '../http/short-hash';
import type { Archive } from './archive';
import { fileSource } from './archive-source';
import { missing } from './answers';
import { typeOf } from './content-types';
import { strongTag } from './file-answer';
import { load } from './load';
import { mbtilesArchive } from './mbtiles-archive';
import { wrong } from './options';
import { forwardedHost, forwardedProtocol } from './proxy-headers';

const EXTENSIONS = ['', 'mvt', 'png', 'jpg', 'webp', 'avif', 'mlt'];
const SAME: Record<string, string> = { pbf: 'mvt', jpeg: 'jpg' };

/** A layer that is served from a file. */
export interface ArchiveLayer {
  /** The version, made from the file's date and length. */
  version: string;
  handler: Handler;
}

/**
 * Opens archives by layer. Rejects with `INVALID_OPTION` if a file is not an archive, or if its reader is not
 * installed.
 */
export async function openArchives(
  paths: Record<string, string>,
  believed: boolean,
): Promise<Map<string, ArchiveLayer>> {
  const layers = new Map<string, ArchiveLayer>();
  for (const [layer, path] of Object.entries(paths)) {
    const archive = await (path.endsWith('.mbtiles') ? openMbtilesFile(path, layer) : openPmtiles(path, layer));
    const { mtimeMs, size } = await stat(path);
    const version = (await shortHash(`${mtimeMs}-${size}`)).slice(0, 16);
    layers.set(layer, { version, handler: archiveHandler(layer, archive, believed) });
  }
  return layers;
}

const openMbtilesFile = (path: string, layer: string) =>
  mbtilesArchive(path).catch((error: unknown) => {
    throw error instanceof TileCacheError ? error : wrong('--mbtiles', `${layer}.mbtiles ${(error as Error).message}`);
  });

async function openPmtiles(path: string, layer: string): Promise<Archive> {
  const { PMTiles, EtagMismatch, ResolvedValueCache } = await load('--pmtiles', 'pmtiles', () => import('pmtiles'));
  const archive = new PMTiles(
    fileSource(path, () => new EtagMismatch()),
    // The library's default cache keeps a failed read for ever.
    new ResolvedValueCache(),
  );
  const found = await stat(path).catch(() => undefined);
  const sound = found?.isFile() && (await archive.getHeader().catch(() => undefined));
  if (!found || !sound) throw wrong('--pmtiles', `${layer}.pmtiles is not a readable PMTiles file`);
  return {
    type: async () => EXTENSIONS[(await archive.getHeader()).tileType] ?? '',
    tile: async ({ z, x, y }) => {
      const tile = await archive.getZxy(z, x, y);
      return tile && new Uint8Array(tile.data);
    },
    tileJson: async (base) => (await archive.getTileJson(base)) as object,
  };
}

function archiveHandler(layer: string, archive: Archive, believed: boolean): Handler {
  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return wrongMethod('GET', 'HEAD');
    const { pathname } = new URL(request.url);
    if (pathname.endsWith('.json'))
      return json(await archive.tileJson(baseOf(layer, request, believed)), 200, NO_CACHE);
    const [, z, x, y, extension] = /\/(\d{1,2})\/(\d{1,9})\/(\d{1,9})(?:\.(\w{1,8}))?$/.exec(pathname) ?? [];
    const type = await archive.type();
    if (y === undefined || Number(z) > 26 || Math.max(Number(x), Number(y)) >= 2 ** Number(z)) return missing();
    if (extension !== undefined && (SAME[extension] ?? extension) !== type) return missing();
    const bytes = await archive.tile({ z: Number(z), x: Number(x), y: Number(y) });
    // A tile that is missing in the archive is empty.
    if (!bytes) return new Response(null, { status: 204 });
    const etag = strongTag(bytes);
    if (matches(request.headers.get('if-none-match'), etag))
      return new Response(null, { status: 304, headers: { etag } });
    const headers = {
      etag,
      'content-type': typeOf(`tile.${type}`),
      'content-length': String(bytes.byteLength),
      'x-content-type-options': 'nosniff',
    };
    return new Response(request.method === 'HEAD' ? null : new Uint8Array(bytes), { headers });
  };
}

const NO_CACHE = { 'cache-control': 'no-cache' };

/** Returns the URL before a tile's zoom. */
function baseOf(layer: string, { url, headers }: Request, believed: boolean): string {
  const host = forwardedHost(headers, believed) ?? new URL(url).host;
  return `${forwardedProtocol(headers, believed)}://${host}/tiles/${encodeURIComponent(layer)}`;
}
