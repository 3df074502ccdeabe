import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { mvt, png } from './tiles';

/** A request as the origin saw it. */
export interface SeenRequest {
  method: string;
  /** Path and query. */
  url: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** The origin that was asked. */
  origin: 'same' | 'cross';
  /** The number of requests for this path so far, including this one. */
  count: number;
}

/** The origin's answer. By default: a complete PNG tile with status 200 and no cache headers. */
export interface Exchange {
  status?: number;
  /** Headers; `null` removes one that the server would send by itself (`date`, `content-type`). */
  headers?: Record<string, string | readonly string[] | null>;
  /** Shorthand for `Cache-Control`. */
  cc?: string;
  /** The ETag. A conditional request that matches it gets 304. */
  etag?: string;
  lastModified?: string;
  body?: string | Uint8Array;
  /** Milliseconds before the answer begins. */
  delay?: number;
  /** The answer begins once this settles. */
  gate?: Promise<unknown>;
  /** Number of bytes to omit at the end of the body. */
  truncate?: number;
  /** How the end of the body is marked. @default 'length' */
  framing?: 'length' | 'chunked' | 'close';
  gzip?: boolean;
  /** `'head'`: the server never answers. `'body'`: the body never ends. */
  hang?: 'head' | 'body';
  /** Sends two informational responses first: 102 and 103. */
  early?: boolean;
  /** Cuts the connection without an answer. */
  reset?: boolean;
}

const contentTypes: Record<string, string> = {
  png: 'image/png',
  pbf: 'application/vnd.mapbox-vector-tile',
  mvt: 'application/vnd.mapbox-vector-tile',
  json: 'application/json',
  html: 'text/html; charset=utf-8',
};

/**
 * Reads an exchange from a query:
 * `?delay=100&status=503&truncate=10&gzip=1&etag=a&cc=max-age%3D60&lm=…&vary=…&hdr=Name:Value`.
 */
export function knobs(query: URLSearchParams): Exchange {
  const headers: Record<string, string> = {};
  for (const pair of query.getAll('hdr')) {
    const colon = pair.indexOf(':');
    headers[pair.slice(0, colon)] = pair.slice(colon + 1).trim();
  }
  const text = (name: string) => query.get(name) ?? undefined;
  const number = (name: string) => (query.has(name) ? Number(query.get(name)) : undefined);
  if (query.has('vary')) headers['vary'] = query.get('vary')!;
  if (query.has('redirect')) headers['location'] = query.get('redirect')!;
  const portal = query.has('portal') ? { body: '<!doctype html><title>Sign in</title>' } : {};
  if (query.has('portal')) headers['content-type'] = 'text/html';
  const given: { [K in keyof Exchange]: Exchange[K] | undefined } = {
    status: number('status') ?? (query.has('redirect') ? 302 : undefined),
    cc: text('cc'),
    etag: query.has('etag') ? `"${query.get('etag')}"` : undefined,
    lastModified: text('lm'),
    delay: number('delay'),
    truncate: number('truncate'),
    framing: text('framing') as Exchange['framing'],
    hang: text('hang') as Exchange['hang'],
    gzip: query.has('gzip') || undefined,
    reset: query.has('reset') || undefined,
    headers,
    ...portal,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Exchange;
}

const extensionOf = (path: string) => /\.(\w+)$/.exec(path)?.[1] ?? 'png';

function defaultBody(path: string, label: string): Uint8Array | string {
  const extension = extensionOf(path);
  if (extension === 'json') return JSON.stringify({ label });
  return contentTypes[extension]?.includes('vector') ? mvt(label) : png(label);
}

const opaqueTag = (tag: string) => tag.trim().replace(/^W\//, '');

/** Returns true if a conditional request matches the response (RFC 9110 section 13). */
function notModified(request: SeenRequest, { status = 200, etag, lastModified }: Exchange): boolean {
  if (status !== 200) return false;
  const tags = request.headers['if-none-match'];
  if (tags !== undefined) return etag !== undefined && tags.split(',').map(opaqueTag).includes(opaqueTag(etag));
  const since = request.headers['if-modified-since'];
  return since !== undefined && lastModified !== undefined && Date.parse(lastModified) <= Date.parse(since);
}

function headersOf(exchange: Exchange, path: string): Array<[string, string | readonly string[] | null]> {
  const { cc, etag, lastModified, gzip } = exchange;
  return Object.entries({
    'content-type': contentTypes[extensionOf(path)] ?? 'image/png',
    ...(cc !== undefined && { 'cache-control': cc }),
    ...(etag !== undefined && { etag }),
    ...(lastModified !== undefined && { 'last-modified': lastModified }),
    ...(gzip && { 'content-encoding': 'gzip' }),
    ...exchange.headers,
  });
}

/** Sends the answer with the faults of the exchange. */
export async function answer(request: SeenRequest, exchange: Exchange, response: ServerResponse): Promise<void> {
  if (exchange.delay) await new Promise((resolve) => setTimeout(resolve, exchange.delay));
  await exchange.gate;
  if (exchange.hang === 'head') return;
  if (exchange.reset) {
    response.socket?.resetAndDestroy();
    return;
  }
  const { truncate = 0, framing = 'length' } = exchange;
  const fresh = notModified(request, exchange);
  const status = fresh ? 304 : (exchange.status ?? 200);
  for (const [name, value] of headersOf(exchange, request.path)) {
    if (value !== null) response.setHeader(name, value as string | string[]);
    else {
      response.removeHeader(name);
      if (name === 'date') response.sendDate = false;
    }
  }
  if (exchange.early) {
    response.writeProcessing();
    response.writeEarlyHints({ link: '</early.css>; rel=preload; as=style' });
  }
  response.statusCode = status;
  if ([204, 304].includes(status)) {
    response.removeHeader('content-type');
    response.removeHeader('content-encoding');
    response.end();
    return;
  }
  const plain = Buffer.from(exchange.body ?? defaultBody(request.path, `${request.path}#${request.count}`));
  const whole = exchange.gzip ? gzipSync(plain) : plain;
  const sent = whole.subarray(0, whole.length - truncate);
  if (framing === 'close') {
    response.setHeader('connection', 'close');
    response.removeHeader('transfer-encoding');
    response.useChunkedEncodingByDefault = false;
  } else if (framing === 'length') response.setHeader('content-length', whole.length);
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  if (exchange.hang === 'body') {
    response.write(sent.subarray(0, Math.ceil(sent.length / 2)));
    return;
  }
  response.write(sent);
  // End the connection after a body that is too short, and after a chunked one without its last chunk.
  if (truncate > 0 && framing !== 'close') response.socket?.end();
  else response.end();
}
