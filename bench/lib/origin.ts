import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answer } from '../../e2e/server/exchange';
import type { StaticFile } from '../../e2e/server/static-file';
import { png } from '../../e2e/server/tiles';

/** The tile origin of one contender. Each contender has its own, and so separate caches, workers and databases. */
export interface Origin {
  url: string;
  /** Number of tile requests that reached the origin. */
  tiles: number;
  /** Number of requests for parts of the file that reached the origin. */
  parts: number;
  /** Milliseconds before the origin answers a request for a tile or a part. */
  delay: number;
  /** The version in force of the layer `live`. The other layers never change. */
  version: string;
  close(): Promise<void>;
}

/** The layers by name: bytes of a tile, and its `Cache-Control`. */
export const layers = {
  kb1: { bytes: 1024, cacheControl: 'public, max-age=86400' },
  kb12: { bytes: 12 * 1024, cacheControl: 'public, max-age=86400' },
  kb60: { bytes: 60 * 1024, cacheControl: 'public, max-age=86400' },
  /** A complete image, which a map can draw. */
  image: { bytes: 12 * 1024, cacheControl: 'public, max-age=86400' },
  /** Caches must validate a tile of this layer before each use, as for an origin that republishes often. */
  live: { bytes: 12 * 1024, cacheControl: 'public, max-age=0' },
} as const;

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const IEND = Buffer.from([0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82]);
/** Bytes of a chunk besides its data: length, type and checksum (PNG section 5.3). */
const CHUNK = 12;

/** Returns a body with the chunks of a PNG. Its content is not an image, and does not compress. */
export function body(bytes: number): Buffer {
  const middle = Buffer.alloc(bytes - PNG.length - IEND.length);
  let seed = 1;
  for (let at = 0; at < middle.length; at += 1) {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    middle[at] = seed >> 16;
  }
  middle.writeUint32BE(middle.length - CHUNK, 0);
  middle.write('IDAT', 4, 'latin1');
  return Buffer.concat([PNG, middle, IEND]);
}

/** Returns an image of this size that browsers can decode. */
function image(bytes: number): Buffer {
  return png('tile', { size: 256, padding: bytes - png('tile', { size: 256 }).length });
}

/**
 * Serves tiles, the version manifest, the given files (`/sw.js`, `/bench.js`), and one file for every path under `/data/`.
 */
export async function startOrigin(files: Record<string, string>, file?: StaticFile): Promise<Origin> {
  const bodies = new Map(
    Object.entries(layers).map(([name, { bytes }]) => [name, name === 'image' ? image(bytes) : body(bytes)]),
  );
  const origin: Origin = { url: '', tiles: 0, parts: 0, delay: 0, version: 'v1', close: async () => {} };

  const tile = (layer: keyof typeof layers, seen: string | undefined, response: ServerResponse) => {
    const bytes = bodies.get(layer) as Buffer;
    const version = layer === 'live' ? origin.version : 'v1';
    const etag = `"${version}"`;
    response.setHeader('Cache-Control', layers[layer].cacheControl);
    response.setHeader('ETag', etag);
    response.setHeader('X-Tile-Version', version);
    if (seen === etag) return response.writeHead(304).end();
    response.writeHead(200, { 'Content-Type': 'image/png', 'Content-Length': bytes.length }).end(bytes);
  };

  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://origin');
    const layer = /^\/tiles\/(\w+)\//.exec(pathname)?.[1];
    if (layer !== undefined && layer in layers) {
      origin.tiles += 1;
      const send = () => tile(layer as keyof typeof layers, request.headers['if-none-match'], response);
      if (origin.delay > 0) setTimeout(send, origin.delay);
      else send();
      return;
    }
    if (file && pathname.startsWith('/data/')) {
      origin.parts += 1;
      const { method = 'GET', url = '', headers } = request;
      const seen = { method, url, path: pathname, headers, body: '', origin: 'same', count: origin.parts } as const;
      void answer(seen, { ...file.behaviour(seen), delay: origin.delay }, response);
      return;
    }
    response.setHeader('Cache-Control', 'no-cache');
    const script = files[pathname];
    if (pathname === '/')
      response
        .setHeader('Content-Type', 'text/html')
        .end('<!doctype html><title>bench</title><script src="/bench.js"></script>');
    else if (script !== undefined) response.setHeader('Content-Type', 'text/javascript').end(script);
    else response.writeHead(404).end();
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  origin.close = () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return origin;
}
