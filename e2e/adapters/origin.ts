import { createReadStream, existsSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'node:zlib';
import { bundle } from '../server/bundle';
import { chunk } from './png';

/** The colours of the tiles: red for version 1, blue for version 2. Neither contains green. */
export const COLOURS: Record<number, readonly [number, number, number]> = { 1: [255, 0, 0], 2: [0, 0, 255] };

/** An origin for maps, with pages, libraries, tiles, and controls. */
export interface MapOrigin {
  readonly url: string;
  /** The version of the tiles from now on. */
  version: number;
  /** The version in the tiles' headers, if it differs from that of their content: a publication that changed no tile. */
  label?: number;
  /** Returns a status with which to fail a tile; -1 cuts the connection. */
  fail: (path: string) => number | undefined;
  /** Returns a promise for which the answer of this tile waits. */
  wait: (path: string) => Promise<void> | undefined;
  /** The `Cache-Control` of tiles. */
  cacheControl: string;
  /** Answers any request, pages included, in place of the origin, or leaves it to the origin (`pass`). */
  intercept: ((path: string, response: ServerResponse) => Promise<'pass' | void>) | undefined;
  /** Number of requests that `intercept` was called for. */
  intercepted: number;
  /** Epoch milliseconds for `Date`. @default the machine's clock */
  now: (() => number) | undefined;
  /** Refuses connections until `mend`. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  /** The tile requests so far, as paths with queries. */
  readonly requests: string[];
  /** Holds tiles back until the returned function is called. */
  hold(): () => void;
  serve(path: string, body: string, contentType?: string, cacheControl?: string): void;
  /** Bundles a page's program, and serves it with a page around it. */
  page(path: string, program: string, head?: string): Promise<void>;
  close(): Promise<void>;
}

const root = fileURLToPath(new URL('../../node_modules/', import.meta.url));
const types: Record<string, string> = { '.mjs': 'text/javascript', '.js': 'text/javascript', '.css': 'text/css' };

/** Returns a tile of one colour with a small grey square, so that libraries treat it as an image rather than a fill. */
function png(version: number, width = 256, height = 256): Buffer {
  const [r, g, b] = COLOURS[version]!;
  const row = Buffer.alloc(1 + width * 3);
  for (let x = 0; x < width; x++) row.set([r, g, b], 1 + x * 3);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(Array.from({ length: height }, () => row)))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Encodes a length-delimited field of a protocol buffer. */
const field = (number: number, ...parts: Uint8Array[]) => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([(number << 3) | 2, body.length]), body]);
};
/** Encodes unsigned numbers as base-128 varints. */
const varints = (...numbers: number[]) =>
  Buffer.from(
    numbers.flatMap((number) => {
      const bytes = [];
      for (; number > 127; number >>>= 7) bytes.push((number & 127) | 128);
      return [...bytes, number];
    }),
  );
const zigzag = (number: number) => (number << 1) ^ (number >> 31);

/** Returns a vector tile whose layer `area` covers it and a little more, and names the version. */
function pbf(version: number): Buffer {
  const ring = [9, zigzag(-64), zigzag(-64), 26, zigzag(4224), 0, 0, zigzag(4224), zigzag(-4224), 0, 15];
  const feature = Buffer.concat([field(2, varints(0, 0)), Buffer.from([0x18, 3]), field(4, varints(...ring))]);
  const value = Buffer.concat([Buffer.from([0x28]), varints(version)]);
  const layer = [field(1, Buffer.from('area')), field(2, feature), field(3, Buffer.from('version')), field(4, value)];
  return field(3, ...layer, Buffer.from([0x28]), varints(4096), Buffer.from([0x78, 2]));
}

export async function startMapOrigin(): Promise<MapOrigin> {
  const files = new Map<string, { body: string; contentType: string; cacheControl: string }>();
  const requests: string[] = [];
  let gate: Promise<void> | undefined;

  const file = (path: string, response: ServerResponse) => {
    const full = normalize(root + path);
    if (!full.startsWith(root) || !existsSync(full)) return void response.writeHead(404).end();
    response.writeHead(200, {
      'content-type': types[extname(full)] ?? 'application/octet-stream',
      'cache-control': 'max-age=600',
    });
    createReadStream(full).pipe(response);
  };
  const tile = async (url: URL, response: ServerResponse) => {
    requests.push(url.pathname + url.search);
    await gate;
    await origin.wait(url.pathname + url.search);
    const status = origin.fail(url.pathname + url.search);
    if (status === -1) return void response.socket?.destroy();
    if (status) return void response.writeHead(status, { 'cache-control': 'no-store' }).end();
    const version = Number(url.searchParams.get('v') ?? /\/v(\d+)\//.exec(url.pathname)?.[1] ?? origin.version);
    const vector = url.pathname.endsWith('.pbf');
    response.writeHead(200, {
      'content-type': vector ? 'application/x-protobuf' : 'image/png',
      'cache-control': origin.cacheControl,
      'x-tile-version': String(origin.label ?? version),
    });
    // OpenLayers requests one WMS image as large as the view.
    const [width, height] = ['WIDTH', 'HEIGHT'].map((name) => Number(url.searchParams.get(name) ?? 256));
    response.end(vector ? pbf(version) : png(version, width, height));
  };

  const server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://origin');
    response.setHeader('access-control-allow-origin', '*');
    if (origin.now) response.setHeader('date', new Date(origin.now()).toUTCString());
    if (!origin.intercept) return answer(url, response);
    origin.intercepted += 1;
    void origin.intercept(url.pathname, response).then((outcome) => outcome && answer(url, response));
  });
  const answer = (url: URL, response: ServerResponse) => {
    const own = files.get(url.pathname);
    if (own) {
      response.writeHead(200, { 'content-type': own.contentType, 'cache-control': own.cacheControl }).end(own.body);
    } else if (url.pathname.startsWith('/lib/')) file(url.pathname.slice(5), response);
    else if (/^\/(tiles\/|wms$|wmts$)/.test(url.pathname)) void tile(url, response);
    else response.writeHead(404).end();
  };
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const cut = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  await listen(0);
  const { port } = server.address() as AddressInfo;

  const origin: MapOrigin = {
    url: `http://127.0.0.1:${port}`,
    version: 1,
    fail: () => undefined,
    wait: () => undefined,
    cacheControl: 'max-age=600',
    intercept: undefined,
    intercepted: 0,
    now: undefined,
    cut,
    mend: () => listen(port),
    requests,
    hold() {
      let release = () => {};
      const held = (gate = new Promise<void>((resolve) => (release = resolve)));
      return () => {
        if (gate === held) gate = undefined;
        release();
      };
    },
    serve: (path, body, contentType = 'text/html; charset=utf-8', cacheControl = 'no-store') =>
      void files.set(path, { body, contentType, cacheControl }),
    async page(path, program, head = '') {
      // The map has its size at once: WebKit may run the program before a style sheet applies.
      origin.serve(`${path}.js`, await bundle(program), 'text/javascript');
      origin.serve(
        path,
        `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">${head}
        <style>html,body{margin:0;background:#0f0}#map{background:#0f0!important}</style>
        <div id="map" style="width:760px;height:520px"></div><script type="module" src="${path}.js"></script>`,
      );
    },
    close: cut,
  };
  return origin;
}
