import { connect, createServer, type IncomingHttpHeaders } from 'node:http2';
import { type AddressInfo, createConnection } from 'node:net';
import { text } from 'node:stream/consumers';
import { serve } from '@hono/node-server';
import { getConnInfo } from '@hono/node-server/conninfo';
import { Hono } from 'hono';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { forwardedAddress, networkOf } from '../../../server/http/address';
import { toNodeListener } from '../../../server/http/node';
import { eventReader, listen, request, testOrigin, TOKEN } from '../helpers';

// Programs start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const closing: Array<() => Promise<unknown> | unknown> = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function onNode(handler: Parameters<typeof toNodeListener>[0]) {
  const { url, close } = await listen(toNodeListener(handler));
  closing.push(close);
  return url;
}

const publish = (url: string, body: unknown) =>
  fetch(`${url}/api/publish`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { authorization: `Bearer ${TOKEN}` },
  });

describe('on Node', () => {
  it('publishes and streams over real sockets, and notices clients that leave', async () => {
    const { origin } = testOrigin();
    closing.push(() => origin.close());
    const url = await onNode(origin.fetch);
    expect((await publish(url, { layer: 'roads', version: 'v1' })).status).toBe(200);
    const gone = new AbortController();
    const events = eventReader((await fetch(`${url}/api/tile-version/stream`, { signal: gone.signal })).body!);
    await events.next();
    await events.next();
    await publish(url, { layer: 'roads', version: 'v2' });
    expect((await events.next()).id).toMatch(/^2\./);
    gone.abort();
    await vi.waitFor(() => expect(origin.streamStats().clients).toBe(0));
  });

  it('serves HTTP/2', async () => {
    const upstream = { connection: 'keep-alive', 'transfer-encoding': 'chunked', 'x-tile': '1' };
    const { origin } = testOrigin({ rum: {} });
    closing.push(() => origin.close());
    const listener = toNodeListener(async (request, context) => {
      const own = await origin.route(request, context);
      return own ?? new Response(`${request.url} ${'x'.repeat(1e6)}`, { headers: upstream });
    });
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    closing.push(() => new Promise((resolve) => session.close(() => server.close(resolve))));
    const ask = async (path: string, body?: string) => {
      const stream = session.request({
        ...{ ':path': path, ':authority': 'tiles.test', authorization: `Bearer ${TOKEN}` },
        ...(body !== undefined && { ':method': 'POST', 'content-type': 'application/json' }),
      });
      stream.end(body);
      const headers = await new Promise<IncomingHttpHeaders & { ':status'?: number }>((resolve) =>
        stream.once('response', resolve),
      );
      return { headers, body: await text(stream) };
    };
    expect(JSON.parse((await ask('/api/publish', '{"layer":"roads","version":"v1"}')).body)).toMatchObject({
      ok: true,
    });
    const versions = await ask('/api/tile-version');
    expect([versions.headers[':status'], versions.body]).toEqual([200, expect.stringContaining('"v1"')]);
    const tile = await ask('/tiles/roads/0/0/0.pbf');
    expect([tile.headers['x-tile'], tile.body.slice(0, 40), tile.body.length]).toEqual([
      ...['1', 'http://tiles.test/tiles/roads/0/0/0.pbf ', 1_000_040],
    ]);
    const events = session.request({ ':path': '/api/tile-version/stream' });
    await new Promise((resolve) => events.once('data', resolve));
    expect(origin.streamStats().clients).toBe(1);
    events.close();
    await vi.waitFor(() => expect(origin.streamStats().clients).toBe(0));
  });

  it('drops a client that never reads', async () => {
    const { origin } = testOrigin({ stream: { maxQueuedBytes: 10_000 } });
    closing.push(() => origin.close());
    const url = await onNode(origin.fetch);
    const socket = createConnection(Number(new URL(url).port), '127.0.0.1');
    closing.push(() => socket.destroy());
    socket.on('error', () => undefined).pause();
    socket.write('GET /api/tile-version/stream HTTP/1.1\r\nHost: o\r\n\r\n');
    await vi.waitFor(() => expect(origin.streamStats().clients).toBe(1));
    // Enough to fill the socket's buffers, whatever their size on this system.
    for (let i = 0; i < 200; i++) await origin.publishNow({ layer: `layer-${i}-${'x'.repeat(100)}`, version: 'v1' });
    await vi.waitFor(
      async () => {
        for (let i = 0; i < 50; i++) await origin.publishNow({ layer: 'roads', version: `v${Math.random()}` });
        expect(origin.streamStats()).toMatchObject({ clients: 0, dropped: 1 });
      },
      { timeout: 30_000 },
    );
  }, 40_000);

  it('passes bodies, headers and the address through, and hides the reason of a failure', async () => {
    const url = await onNode(async (req, context) => {
      if (req.url.endsWith('/broken')) throw new Error('secret inside');
      return new Response(`${req.method} ${context?.address} ${await req.text()}`, {
        headers: [
          ['set-cookie', 'a=1'],
          ['set-cookie', 'b=2'],
        ],
      });
    });
    const response = await fetch(`${url}/x`, { method: 'POST', body: 'hello' });
    expect([await response.text(), response.headers.getSetCookie()]).toEqual(['POST 127.0.0.1 hello', ['a=1', 'b=2']]);
    const broken = await fetch(`${url}/broken`);
    expect([broken.status, await broken.text()]).toEqual([500, expect.not.stringContaining('secret')]);
    expect((await fetch(`${url}/x`, { method: 'HEAD' })).status).toBe(200);
  });

  it.each<[string, Parameters<typeof toNodeListener>[0]]>([
    ['nothing', () => new Response('')],
    ['one chunk', async (req) => new Response((await req.body?.getReader().read())?.value?.subarray(0, 0) ?? '')],
  ])('answers the next request on a connection even if the handler read only %s of a long body', async (_, handler) => {
    const url = await onNode(handler);
    const socket = createConnection(Number(new URL(url).port), '127.0.0.1');
    closing.push(() => socket.destroy());
    let answers = '';
    socket.on('data', (bytes) => (answers += bytes.toString()));
    const body = 'x'.repeat(3_000_000);
    socket.write(`POST /x HTTP/1.1\r\nHost: o\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    await vi.waitFor(() => expect(answers).toContain('200 OK'));
    socket.write('GET /x HTTP/1.1\r\nHost: o\r\n\r\n');
    await vi.waitFor(() => expect(answers.match(/200 OK/g)).toHaveLength(2), { timeout: 30_000 });
  });

  it.each(['a:b:c', '[', 'a:99999', 'a b', ''])('does not fail for the Host %j, which names no host', async (host) => {
    const url = await onNode((req) => new Response(new URL(req.url).host));
    const { port } = new URL(url);
    const answer = await new Promise<string>((resolve) => {
      const socket = createConnection(Number(port), '127.0.0.1');
      socket.on('data', (bytes) => (resolve(bytes.toString()), socket.destroy()));
      socket.write(`GET /x HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('with Hono', () => {
  it('mounts beside tiles', async () => {
    const { origin } = testOrigin({
      layers: { roads: { preset: 'poi', version: 'v1' } },
      rum: { rateLimit: { burst: 1, perSecond: 0.01 } },
    });
    closing.push(() => origin.close());
    const app = new Hono();
    app.get(
      '/tiles/roads/:z/:x/:y',
      (c) => origin.tileHeaders(() => new Response('tile'))(c.req.raw) as Promise<Response>,
    );
    app.all('*', (c) => origin.fetch(c.req.raw, { address: getConnInfo(c).remote.address }));
    const url = await new Promise<string>((resolve) => {
      // Hono replaces these with classes of its own, for all files that run in this process.
      const { Request, Response } = globalThis;
      closing.push(() => {
        Object.defineProperty(globalThis, 'Request', { value: Request });
        Object.defineProperty(globalThis, 'Response', { value: Response });
      });
      const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) =>
        resolve(`http://127.0.0.1:${port}`),
      );
      closing.push(
        () =>
          new Promise((done) => {
            server.close(done);
            (server as import('node:http').Server).closeAllConnections();
          }),
      );
    });
    const tile = await fetch(`${url}/tiles/roads/1/0/0.pbf`);
    expect([await tile.text(), tile.headers.get('x-tile-version'), tile.headers.get('cache-tag')]).toEqual([
      'tile',
      'v1',
      'layer:roads,layer:roads:z1',
    ]);
    const gone = new AbortController();
    const events = eventReader((await fetch(`${url}/api/tile-version/stream`, { signal: gone.signal })).body!);
    await events.next();
    await events.next();
    await publish(url, { layer: 'roads', version: 'v2' });
    expect((await events.next()).id).toMatch(/^2\./);
    gone.abort();
    await vi.waitFor(() => expect(origin.streamStats().clients).toBe(0));
    const beacon = () =>
      fetch(`${url}/api/rum`, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } });
    expect([(await beacon()).status, (await beacon()).status]).toEqual([400, 429]);
  });
});

describe('forwardedAddress', () => {
  const from = (value: string) => request('/', { headers: { 'x-forwarded-for': value } });
  it('trusts our own proxies, and nobody beyond', () => {
    expect(forwardedAddress()(from('6.6.6.6, 10.0.0.9'), { address: '10.0.0.1' })).toBe('10.0.0.9');
    expect(forwardedAddress(2)(from('6.6.6.6, 10.0.0.9'), {})).toBe('6.6.6.6');
    expect(forwardedAddress()(request('/'), { address: '10.0.0.1' })).toBe('10.0.0.1');
  });

  it.each([0, -1, NaN, 1.5, Infinity, '1' as never])(
    'refuses %s proxies: the client could forge its address',
    (proxies) => {
      expect(() => forwardedAddress(proxies)).toThrow(
        expect.objectContaining({ code: 'INVALID_OPTION', field: 'proxies' }),
      );
    },
  );
});

describe('networkOf', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['10.0.0.1:4711', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['0:0:0:0:0:FFFF:0a00:0001', '10.0.0.1'],
    ['2001:db8:0:7:1:2:3:4', '2001:db8:0:7::/64'],
    ['2001:0DB8:0000:0007::9', '2001:db8:0:7::/64'],
    ['[2001:db8:0:7::1]:4711', '2001:db8:0:7::/64'],
    ['2001:db8::', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['a name of your own', 'a name of your own'],
    ['user:7', 'user:7'],
    ['', ''],
  ])('of %j is %j', (address, network) => expect(networkOf(address)).toBe(network));
});
