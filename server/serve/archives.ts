import { stat } from 'node:fs/promises';
import type { PMTiles } from 'pmtiles';
import { json, wrongMethod, type Handler } from '../http/http';
import { matches } from '../http/if-none-match';
import { shortHash } from '../http/short-hash';
import { fileSource } from './archive-source';
import { missing } from './answers';
import { typeOf } from './content-types';
import { strongTag } from './file-answer';
import { load } from './load';
import { wrong } from './options';
import { forwardedHost, forwardedProtocol } from './proxy-headers';

const EXTENSIONS = ['', 'mvt', 'png', 'jpg', 'webp', 'avif', 'mlt'];
const SAME: Record<string, string> = { pbf: 'mvt', jpeg: 'jpg' };

/** A layer out of a PMTiles file. */
export interface ArchiveLayer {
  /** Made of the file's date and length. */
  version: string;
  handler: Handler;
}

/** Opens the archives by layer. Rejects with `INVALID_OPTION` for what is no PMTiles file, or where `pmtiles` is not installed. */
export async function openArchives(
  paths: Record<string, string>,
  believed: boolean,
): Promise<Map<string, ArchiveLayer>> {
  const layers = new Map<string, ArchiveLayer>();
  if (Object.keys(paths).length === 0) return layers;
  const {
    PMTiles: Archive,
    EtagMismatch,
    ResolvedValueCache,
  } = await load('--pmtiles', 'pmtiles', () => import('pmtiles'));
  for (const [layer, path] of Object.entries(paths)) {
    const archive = new Archive(
      fileSource(path, () => new EtagMismatch()),
      // The library's other one keeps a failed reading for ever.
      new ResolvedValueCache(),
    );
    const found = await stat(path).catch(() => undefined);
    const sound = found?.isFile() && (await archive.getHeader().catch(() => undefined));
    if (!found || !sound) throw wrong('--pmtiles', `${layer}.pmtiles is no PMTiles file that can be read`);
    const version = (await shortHash(`${found.mtimeMs}-${found.size}`)).slice(0, 16);
    layers.set(layer, { version, handler: archiveHandler(layer, archive, believed) });
  }
  return layers;
}

function archiveHandler(layer: string, archive: PMTiles, believed: boolean): Handler {
  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return wrongMethod('GET', 'HEAD');
    const { pathname } = new URL(request.url);
    if (pathname.endsWith('.json')) return json(await tileJson(layer, archive, request, believed), 200, NO_CACHE);
    const [, z, x, y, extension] = /\/(\d{1,2})\/(\d{1,9})\/(\d{1,9})(?:\.(\w{1,8}))?$/.exec(pathname) ?? [];
    const type = EXTENSIONS[(await archive.getHeader()).tileType] ?? '';
    if (y === undefined || Number(z) > 26 || Math.max(Number(x), Number(y)) >= 2 ** Number(z)) return missing();
    if (extension !== undefined && (SAME[extension] ?? extension) !== type) return missing();
    const tile = await archive.getZxy(Number(z), Number(x), Number(y));
    // The archive says by its absence that the tile is empty.
    if (!tile) return new Response(null, { status: 204 });
    const bytes = new Uint8Array(tile.data);
    const etag = strongTag(bytes);
    if (matches(request.headers.get('if-none-match'), etag))
      return new Response(null, { status: 304, headers: { etag } });
    const headers = {
      etag,
      'content-type': typeOf(`.${type}`),
      'content-length': String(bytes.byteLength),
      'x-content-type-options': 'nosniff',
    };
    return new Response(request.method === 'HEAD' ? null : bytes, { headers });
  };
}

const NO_CACHE = { 'cache-control': 'no-cache' };

async function tileJson(
  layer: string,
  archive: PMTiles,
  { url, headers }: Request,
  believed: boolean,
): Promise<object> {
  const host = forwardedHost(headers, believed) ?? new URL(url).host;
  const site = `${forwardedProtocol(headers, believed)}://${host}`;
  return (await archive.getTileJson(`${site}/tiles/${encodeURIComponent(layer)}`)) as object;
}
