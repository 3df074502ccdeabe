// Runs the script for Cloudflare Workers in workerd, with its cache and its rules on sharing between requests.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { Miniflare } from 'miniflare';
import { build } from 'vite';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

const script = async () => {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    build: { write: false, lib: { entry: 'docs/edge/cloudflare-worker.ts', formats: ['es'] } },
  });
  const [{ output }] = result as unknown as [{ output: [{ code: string }] }];
  return output[0].code;
};

/** A real origin, whose tiles and answers the test sets. */
const origin = {
  content: 'old',
  status: 200,
  control: 'public, max-age=600',
  asked: [] as Array<{ path: string; headers: IncomingMessage['headers'] }>,
  held: [] as ServerResponse[],
  holds: false,
  gzip: false,
};

function answer(response: ServerResponse, condition: string | undefined): void {
  const etag = `"${origin.content}"`;
  const headers = {
    etag,
    'cache-control': origin.control,
    'x-tile-version': origin.content,
    'cache-tag': 'layer:roads',
  };
  if (condition === etag && origin.status === 200) response.writeHead(304, headers).end();
  else if (!origin.gzip) response.writeHead(origin.status, headers).end(origin.content);
  else {
    const body = gzipSync(origin.content);
    response.writeHead(200, { ...headers, 'content-encoding': 'gzip', 'content-length': body.length }).end(body);
  }
}

const server = createServer((request, response) => {
  origin.asked.push({ path: request.url!, headers: request.headers });
  if (origin.holds && !request.url!.endsWith('?v=other')) origin.held.push(response);
  else answer(response, request.headers['if-none-match']);
});

describe('the script for Cloudflare Workers, in workerd', () => {
  let edge: Miniflare;
  let base: string;
  let tile = 0;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    edge = new Miniflare({ modules: true, script: await script(), compatibilityDate: '2025-12-01', cf: false });
    await edge.ready;
  }, 60_000);
  afterAll(async () => {
    await edge.dispose();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  beforeEach(() => {
    Object.assign(origin, { content: 'old', status: 200, control: 'public, max-age=600', holds: false, gzip: false });
    origin.asked.length = origin.held.length = 0;
    tile += 1;
  });

  const ask = async (query = '', headers: Record<string, string> = {}) => {
    const response = await edge.dispatchFetch(`${base}/tiles/roads/9/${tile}/0.pbf${query}`, { headers });
    return {
      status: response.status,
      body: await response.text(),
      headers: response.headers,
      how: response.headers.get('cache-status')?.replace('cloudflare-worker; ', ''),
    };
  };

  it('stores a tile for its lifetime, and sends browsers no tags', async () => {
    expect(await ask()).toMatchObject({ status: 200, body: 'old', how: 'fwd=miss' });
    const hit = await ask();
    expect(hit).toMatchObject({ status: 200, body: 'old', how: 'hit' });
    expect(['cache-control', 'x-tile-version', 'age', 'cache-tag'].map((name) => hit.headers.get(name))).toEqual([
      'public, max-age=600',
      'old',
      '0',
      null,
    ]);
    expect(origin.asked).toHaveLength(1);
  });

  it('serves a stale tile during background validation, and then the new one', async () => {
    origin.control = 'public, max-age=1, stale-while-revalidate=600';
    await ask();
    origin.content = 'new';
    await vi.waitFor(async () => expect((await ask()).how).toBe('hit; detail=stale-while-revalidate'), 5000);
    await vi.waitFor(async () => expect((await ask()).body).toBe('new'), 5000);
    expect(origin.asked.at(-1)!.headers['if-none-match']).toMatch(/^"(old|new)"$/);
  });

  it('validates, and a 304 makes the tile fresh again', async () => {
    // The zone keeps the tile for as long as any of its windows lasts.
    origin.control = 'public, max-age=1, stale-if-error=600';
    await ask();
    await vi.waitFor(async () => expect((await ask()).how).toBe('fwd=stale'), 5000);
    expect(origin.asked.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, '"old"']);
    expect(await ask()).toMatchObject({ status: 200, body: 'old', how: 'hit' });
  });

  it('serves a tile within stale-if-error while the origin fails', async () => {
    origin.control = 'public, max-age=1, stale-if-error=600';
    await ask();
    origin.status = 503;
    await vi.waitFor(async () => expect((await ask()).how).toBe('fwd=stale; detail=stale-if-error'), 5000);
    expect(await ask()).toMatchObject({ status: 200, body: 'old' });
  });

  it('sends one request for many waiting clients', async () => {
    origin.holds = true;
    const all = Array.from({ length: 20 }, () => ask());
    await vi.waitFor(() => expect(origin.held.length).toBeGreaterThan(0), 5000);
    // A separate request would have arrived by now.
    for (let i = 0; i < 3; i += 1) await ask('?v=other', { authorization: 'Bearer x' });
    origin.holds = false;
    for (const response of origin.held) answer(response, undefined);
    expect(await Promise.all(all)).toEqual(
      Array.from({ length: 20 }, () => expect.objectContaining({ status: 200, body: 'old' })),
    );
    expect(origin.asked.filter(({ path }) => !path.endsWith('?v=other'))).toHaveLength(1);
  });

  it('forwards tiles that the origin compressed', async () => {
    origin.gzip = true;
    origin.content = 'old and longer than it is when it is compressed: '.padEnd(4000, 'x');
    for (const how of ['fwd=miss', 'hit', 'hit'])
      expect(await ask('', { 'accept-encoding': 'gzip' })).toMatchObject({ status: 200, body: origin.content, how });
    expect(await ask('', { 'accept-encoding': 'identity' })).toMatchObject({ body: origin.content, how: 'hit' });
  });

  it('separates versions in URLs, and sends the origin no cookie', async () => {
    await ask('?v=1', { cookie: 'session=1' });
    origin.content = 'new';
    expect((await ask('?v=2')).body).toBe('new');
    expect((await ask('?v=1')).body).toBe('old');
    expect(origin.asked.map(({ headers }) => headers.cookie)).toEqual([undefined, undefined]);
  });
});
