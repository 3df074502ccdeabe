import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { audit } from '../../server/audit/audit';
import type { AuditTask } from '../../server/audit/probe';
import { listen } from './helpers';

export const PNG = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(200, 7)]);
/** A vector tile with a layer named roads. It compresses well. */
export const MVT = Buffer.concat([
  Buffer.from([0x1a, 0x82, 0x40, 0x0a, 0x05]),
  Buffer.from('roads'),
  Buffer.alloc(8192, 3),
]);
export const PAGE = 'https://maps.example';

export type Headers = Record<string, string | string[]>;

/** How the server deviates from a correct one. */
export interface Server {
  path?: string;
  body?: Buffer;
  headers?: Headers | ((incoming: IncomingMessage) => Headers);
  without?: string[];
  /** May answer the request. Returns false to leave the answer to the server. */
  answer?: (incoming: IncomingMessage, outgoing: ServerResponse) => boolean;
  etag?: (body: Buffer) => string;
  /** Whether it answers 304 for its current tag. @default true */
  knows?: boolean;
  gzip?: boolean;
  /** Whether errors lack the CORS headers. */
  bareErrors?: boolean;
  missing?: { status: number; headers?: Headers; body?: string };
  task?: Partial<AuditTask>;
}

export const digest = (body: Buffer) => `"${createHash('sha256').update(body).digest('hex').slice(0, 12)}"`;

const crossing = (headers: Headers) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('access-control-') || name === 'vary'));

/** Answers as a correct tile server would, with the changes in `server`. */
export function answer(server: Server, incoming: IncomingMessage, outgoing: ServerResponse): void {
  if (server.answer?.(incoming, outgoing)) return;
  const { pathname } = new URL(incoming.url!, 'http://x');
  const [z, x] = pathname.split('/').slice(-3).map(Number) as [number, number];
  if (x >= 2 ** z) {
    const { status, headers = { 'cache-control': 'public, max-age=60' }, body } = server.missing ?? { status: 404 };
    // CORS headers belong to the server, not to the tile.
    const shared = typeof server.headers === 'object' && !server.bareErrors ? crossing(server.headers) : {};
    return void outgoing.writeHead(status, { ...shared, ...headers }).end(body);
  }
  const body = server.body ?? MVT;
  const etag = (server.etag ?? digest)(body);
  const extra = typeof server.headers === 'function' ? server.headers(incoming) : server.headers;
  const usual: Headers = {
    etag,
    'content-type': body === PNG ? 'image/png' : 'application/vnd.mapbox-vector-tile',
    'cache-control': 'public, max-age=60, stale-while-revalidate=30, stale-if-error=86400',
    ...(server.gzip !== false && body !== PNG && { vary: 'Accept-Encoding' }),
  };
  const headers = { ...usual, ...extra };
  for (const name of server.without ?? []) delete headers[name];
  if (server.knows !== false && 'etag' in headers && incoming.headers['if-none-match'] === etag)
    return void outgoing.writeHead(304, headers).end();
  const packs = server.gzip !== false && body !== PNG && /gzip/.test(String(incoming.headers['accept-encoding']));
  const sent = packs ? gzipSync(body) : body;
  outgoing.writeHead(200, { ...headers, ...(packs && { 'content-encoding': 'gzip' }), 'content-length': sent.length });
  outgoing.end(sent);
}

export async function findings(server: Server, more: Partial<AuditTask> = {}): Promise<string[]> {
  const { url, close } = await listen((incoming, outgoing) => answer(server, incoming, outgoing));
  try {
    const report = await audit({
      ...{ url: `${url}${server.path ?? '/tiles/roads/{z}/{x}/{y}.pbf'}`, tile: { z: 3, x: 1, y: 1 }, tags: false },
      ...{ headers: {}, timeout: 10 },
      ...server.task,
      ...more,
      ...(server.task?.page === 'own' && { page: url }),
    });
    expect(report.ok).toBe(report.findings.length === 0);
    for (const { seen, happens, cure } of report.findings)
      for (const words of [seen, happens, cure]) expect(words.length).toBeGreaterThan(6);
    return report.findings.map(({ code }) => code);
  } finally {
    await close();
  }
}

export const cache = (value: string) => ({ headers: { 'cache-control': value } });
export const cors = (headers: Headers) => ({ task: { page: PAGE }, headers });
export const text = (body: string, type: string) => ({
  body: Buffer.from(body),
  gzip: false,
  headers: { 'content-type': type },
});
