import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { answer, knobs, type Exchange, type SeenRequest } from './exchange';
import { bundle, nameOf } from './bundle';

export type { Exchange, SeenRequest } from './exchange';

/** The behaviour of a path: one exchange, several in a row (the last repeats), or a function. */
export type Behaviour = Exchange | readonly Exchange[] | ((request: SeenRequest) => Exchange | Promise<Exchange>);

export interface TileServer {
  /** `http://127.0.0.1:port`, the origin of pages and workers. */
  readonly url: string;
  /** A second origin with the same behaviours, and with CORS according to `cors`. */
  readonly crossUrl: string;
  /** How the second origin answers other origins. @default { allow: true, expose: [], preflight: false } */
  cors: { allow: boolean; expose: readonly string[]; preflight: boolean };
  /** Epoch milliseconds in whole seconds, for `Date`. It moves only when a test moves it. */
  clock: number;
  /** Sets the behaviour of a path (without the query) on both origins. */
  on(path: string, behaviour: Behaviour): void;
  /** Returns the requests for a path, or for all tiles, in order. Pages and scripts do not count. */
  requests(path?: string): SeenRequest[];
  /** Forgets requests and behaviours. */
  reset(): void;
  /** Bundles a worker that imports `sw-tile-cache/sw`. Returns the path of its script. */
  worker(source: string): Promise<string>;
  /** Bundles user code of a worker, or as `es` of a page, into the text of one script. */
  bundle: typeof bundle;
  /** Serves text under a path on both origins. */
  serve(path: string, body: string, contentType?: string): void;
  close(): Promise<void>;
}

const blank = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>blank</title>';

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

const used = new Set<number>();

/**
 * Listens on a port that this process has never used. The system assigns ports at random, so a port could repeat after some
 * hundred tests. The page would then find an earlier test's worker, tiles and HTTP cache entries.
 */
async function listen(server: Server): Promise<string> {
  for (;;) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    if (!used.has(port)) {
      used.add(port);
      return `http://127.0.0.1:${port}`;
    }
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Starts the tests' origin: two ports, programmable tiles, and a log of requests. */
export async function startTileServer(): Promise<TileServer> {
  const behaviours = new Map<string, Behaviour>();
  const files = new Map<string, { body: string; contentType: string }>();
  const sockets = new Set<Socket>();
  let seen: SeenRequest[] = [];
  const cors = { allow: true, expose: [] as readonly string[], preflight: false };

  async function exchangeFor(request: SeenRequest, query: URLSearchParams): Promise<Exchange> {
    const behaviour = behaviours.get(request.path);
    if (behaviour === undefined) return knobs(query);
    if (typeof behaviour === 'function') return behaviour(request);
    return Array.isArray(behaviour)
      ? (behaviour[Math.min(request.count, behaviour.length) - 1] as Exchange)
      : (behaviour as Exchange);
  }

  function allowOrigin(request: IncomingMessage, response: ServerResponse): void {
    if (!cors.allow) return;
    response.setHeader('access-control-allow-origin', '*');
    if (cors.expose.length > 0) response.setHeader('access-control-expose-headers', cors.expose.join(', '));
    if (request.method === 'OPTIONS' && cors.preflight) response.setHeader('access-control-allow-headers', '*');
  }

  async function handle(
    origin: SeenRequest['origin'],
    message: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { pathname: path, searchParams } = new URL(message.url!, 'http://origin');
    const file = files.get(path);
    if (file && message.method === 'GET') {
      response.writeHead(200, {
        'content-type': file.contentType,
        'cache-control': 'no-store',
        'service-worker-allowed': '/',
      });
      response.end(file.body);
      return;
    }
    const request: SeenRequest = {
      method: message.method!,
      url: message.url!,
      path,
      headers: message.headers,
      body: await readBody(message),
      origin,
      count: seen.filter((other) => other.path === path && other.method !== 'OPTIONS').length + 1,
    };
    seen.push(request);
    response.setHeader('date', new Date(server.clock).toUTCString());
    if (origin === 'cross') allowOrigin(message, response);
    if (message.method === 'OPTIONS') response.writeHead(cors.preflight ? 204 : 405).end();
    else await answer(request, await exchangeFor(request, searchParams), response);
  }

  const listener = (origin: SeenRequest['origin']) => (message: IncomingMessage, response: ServerResponse) => {
    handle(origin, message, response).catch((error: unknown) => response.destroy(error as Error));
  };
  const servers = [createServer(listener('same')), createServer(listener('cross'))] as const;
  for (const one of servers) {
    one.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
  }
  const [url, crossUrl] = await Promise.all([listen(servers[0]), listen(servers[1])]);
  const serve = (path: string, body: string, contentType = 'text/html; charset=utf-8') =>
    files.set(path, { body, contentType });
  serve('/', blank);

  const server: TileServer = {
    url,
    crossUrl,
    cors,
    clock: Math.floor(Date.now() / 1000) * 1000,
    on: (path, behaviour) => behaviours.set(path, behaviour),
    requests: (path) => seen.filter((request) => path === undefined || request.path === path),
    reset() {
      seen = [];
      behaviours.clear();
    },
    async worker(source) {
      const path = `/worker-${nameOf(source)}.js`;
      serve(path, await bundle(source), 'text/javascript');
      return path;
    },
    bundle,
    serve,
    async close() {
      for (const socket of sockets) socket.destroy();
      await Promise.all(servers.map((one) => new Promise((resolve) => one.close(resolve))));
    },
  };
  return server;
}
