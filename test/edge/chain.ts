import { createServer, type IncomingHttpHeaders, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFile, writeFile, mkdir, chmod } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { toNodeListener } from '../../server/http/node';
import type { Purger } from '../../server/purge/purger';
import type { PublishReport } from '../../server/publish/publish';
import { createTileOrigin, type TileOriginOptions } from '../../server/tile-origin';
import type { OriginLayer } from '../../server/layers/origin-layer';
import { freePort, type Program, start, temporaryFolder } from '../server-real/programs';

export const TOKEN = 'a-token-for-tests-only';
export const EDGE_TOKEN = 'a-token-for-the-edge';

/**
 * Sends a request to a port of loopback with any host name and any path. `fetch` cannot do that, because it normalises
 * the path.
 */
export function askAs(
  host: string,
  port: number,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<{ status: number; body: string; headers: IncomingHttpHeaders }> {
  return new Promise((resolve, reject) => {
    httpRequest({ host: '127.0.0.1', port, path, method, headers: { ...headers, host } }, (response) => {
      let body = '';
      response
        .setEncoding('utf8')
        .on('data', (chunk: string) => (body += chunk))
        .on('end', () => resolve({ status: response.statusCode!, body, headers: response.headers }));
    })
      .once('error', reject)
      .end();
  });
}

/** The windows are short, so that tests see them pass. */
export const LAYERS: Record<string, OriginLayer> = {
  roads: { maxAge: 600, version: 'v1' },
  swr: { maxAge: 1, staleWhileRevalidate: 600, version: 'v1' },
  sie: { maxAge: 1, staleIfError: 600, version: 'v1' },
  strict: { maxAge: 1, staleIfError: 0, version: 'v1' },
  'topp:states': { maxAge: 600, version: 'v1' },
  brief: { maxAge: 1, staleIfError: 2, version: 'v1' },
  large: { maxAge: 600, version: 'v1', stagger: { upTo: 2, pause: 0.5 } },
};

type PublishSettings = NonNullable<TileOriginOptions['publish']>;

/** Settings of an edge's configuration that a test replaces: the text in docs/edge, and the new text. */
export type Replaced = ReadonlyArray<[from: string, to: string]>;

/** Starts an origin whose tiles name the data that they were made from. */
export async function startOrigin(
  purgers: Purger[],
  edgeUrl: string,
  port = 0,
  site: Record<string, { type: string; body: string }> = {},
  {
    publish: publishing,
    ...effects
  }: Pick<TileOriginOptions, 'fetch' | 'cors'> & { publish?: Partial<PublishSettings> } = {},
) {
  const data = new Map<string, string>();
  const windows = new Map<string, string>();
  const counts = new Map<string, number>();
  let gate: Promise<void> | undefined;
  let waiting = 0;
  const layers = Object.fromEntries(
    Object.entries(LAYERS).map(([name, layer]): [string, OriginLayer] => [
      name,
      { ...layer, edge: { template: `${edgeUrl}/tiles/${name}/{z}/{x}/{y}.pbf`, zooms: [0, 6] } },
    ]),
  );
  const origin = createTileOrigin({
    layers,
    publish: { token: TOKEN, purgers, verify: { samples: 2, limit: 20 }, ...publishing },
    ...effects,
  });
  const tile = origin.tileHeaders(async (request) => {
    const { pathname } = new URL(request.url);
    const layer = pathname.split('/')[2]!;
    counts.set(pathname, (counts.get(pathname) ?? 0) + 1);
    // Read the data before the wait, like a tile that is rendered from old data.
    const body = data.get(layer) ?? 'old';
    if (gate && request.headers.get('x-slow')) {
      waiting += 1;
      await gate;
    }
    const cacheControl = windows.get(layer);
    return new Response(body, {
      headers: { 'content-type': 'application/octet-stream', ...(cacheControl && { 'cache-control': cacheControl }) },
    });
  });
  const listener = toNodeListener(async (request, context) => {
    const { pathname } = new URL(request.url);
    const file = site[pathname];
    if (file) return new Response(file.body, { headers: { 'content-type': file.type, 'cache-control': 'no-cache' } });
    return pathname.startsWith('/tiles/') ? tile(request, context) : origin.fetch(request, context);
  });
  const boundPort = port || (await freePort());
  let server = createServer(listener);
  const up = () =>
    new Promise<void>((resolve) => {
      server = createServer(listener);
      server.listen(boundPort, '127.0.0.1', resolve);
    });
  const down = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  await up();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    url,
    up,
    down,
    count: (path: string) => counts.get(path) ?? 0,
    setData: (layer: string, text: string) => void data.set(layer, text),
    /** Sets the `Cache-Control` of a layer's tiles. */
    setCacheControl: (layer: string, value: string) => void windows.set(layer, value),
    /** Holds tiles that are requested with `X-Slow` back until the returned function is called. */
    hold() {
      let release!: () => void;
      gate = new Promise((resolve) => (release = resolve));
      return {
        waiting: () => waiting,
        release: () => {
          gate = undefined;
          release();
        },
      };
    },
    async publish(body: Record<string, unknown>): Promise<PublishReport> {
      const response = await fetch(`${url}/api/publish`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { authorization: `Bearer ${TOKEN}` },
      });
      return (await response.json()) as PublishReport;
    },
    async close() {
      await origin.close();
      await down();
    },
  };
}

export type Origin = Awaited<ReturnType<typeof startOrigin>>;

export interface Edge {
  url: string;
  program: Program;
  purgers: Purger[];
  close(): Promise<void>;
}

const config = (name: string) => readFile(fileURLToPath(new URL(`../../docs/edge/${name}`, import.meta.url)), 'utf8');

/** Replaces settings as an operator would. Fails if the configuration no longer contains one of them. */
function fill(text: string, ...pairs: Array<[string, string]>): string {
  return pairs.reduce<string>((filled, [from, to]) => {
    if (!filled.includes(from)) throw new Error(`the configuration has no ${from}`);
    return filled.replaceAll(from, to);
  }, text);
}

/** Starts Varnish with the configuration of docs/edge in a folder of its own. */
export async function startVarnish(
  originPort: number,
  port: number,
  replaced: Replaced = [],
): Promise<{ program: Program; remove(): Promise<void> }> {
  const folder = await temporaryFolder();
  const vcl = `${folder.path}/edge.vcl`;
  await writeFile(vcl, fill(await config('varnish.vcl'), ['.port = "8080"', `.port = "${originPort}"`], ...replaced));
  const program = await start(
    'varnishd',
    [
      '-F',
      '-j',
      'none',
      '-n',
      `${folder.path}/work`,
      '-a',
      `127.0.0.1:${port}`,
      '-f',
      vcl,
      '-s',
      'malloc,32m',
      '-T',
      'none',
      '-p',
      'thread_pool_min=10',
      '-p',
      'thread_pools=1',
    ],
    port,
    { TILE_PURGE_TOKEN: EDGE_TOKEN },
  );
  return { program, remove: folder.remove };
}

/** Starts nginx with the configuration of docs/edge in a folder of its own. */
export async function startNginx(
  originPort: number,
  port: number,
  replaced: Replaced = [],
): Promise<{ program: Program; cachePath: string; remove(): Promise<void> }> {
  const folder = await temporaryFolder();
  const cachePath = `${folder.path}/cache`;
  await mkdir(cachePath);
  await chmod(folder.path, 0o755);
  const edge = fill(
    await config('nginx.conf'),
    ['server 127.0.0.1:8080', `server 127.0.0.1:${originPort}`],
    ['127.0.0.1:8081', `127.0.0.1:${port}`],
    ['/var/cache/nginx/tiles', cachePath],
    ['change-me', EDGE_TOKEN],
    ...replaced,
  );
  await writeFile(`${folder.path}/edge.conf`, edge);
  const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder.path}/${name};`)
    .join(' ');
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  await writeFile(
    `${folder.path}/nginx.conf`,
    `daemon off; ${user} worker_processes 1; pid ${folder.path}/pid; error_log stderr warn; events {} http { access_log off; ${temps} include ${folder.path}/edge.conf; }`,
  );
  const program = await start('nginx', ['-p', folder.path, '-c', `${folder.path}/nginx.conf`, '-e', 'stderr'], port);
  return { program, cachePath, remove: folder.remove };
}
