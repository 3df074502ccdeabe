import { createContext, runInContext } from 'node:vm';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { beforeAll, describe, expect, it } from 'vitest';
import type * as Server from '../../server/index';
import { AGE_BOUNDS, emptyHistogram, VALIDATION_BOUNDS } from '../../src/shared/rum-schema';
import { eventReader, publishRequest, request, TOKEN } from './helpers';

/** The globals of every edge runtime, and none of Node's own: no `process`, no `Buffer`, no `node:` modules. */
const WEB = [
  'AbortController',
  'AbortSignal',
  'Blob',
  'ByteLengthQueuingStrategy',
  'DecompressionStream',
  'Headers',
  'ReadableStream',
  'Request',
  'Response',
  'TextDecoder',
  'TextEncoder',
  'URL',
  'URLSearchParams',
  'clearInterval',
  'clearTimeout',
  'crypto',
  'fetch',
  'setInterval',
  'setTimeout',
] as const;

const entry = fileURLToPath(new URL('../../server/index.ts', import.meta.url));
let server: typeof Server;

beforeAll(async () => {
  const [bundle] = (await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      minify: false,
      target: 'es2022',
      lib: { entry, formats: ['iife'], name: 'server' },
      rolldownOptions: { external: [/^node:/, 'prom-client'] },
    },
  })) as Array<{ output: Array<{ code: string }> }>;
  expect(bundle!.output).toHaveLength(1);
  // An import of a Node module would fail: the context resolves no modules.
  const context = createContext(Object.fromEntries(WEB.map((name) => [name, globalThis[name]])));
  server = runInContext(`${bundle!.output[0]!.code}; server`, context) as typeof Server;
}, 60_000);

describe('an origin on the web platform alone', () => {
  const zero = { ageSum: 0, ageMax: 0, staleServed: 0, errors: 0, validations: emptyHistogram(VALIDATION_BOUNDS) };
  const beacon = {
    schema: 1,
    id: 'b',
    session: 's',
    sentAt: 1,
    page: '/',
    sample: 1,
    versions: { roads: 'v1' },
    tiles: [
      {
        ...zero,
        layer: 'roads',
        zoom: 3,
        status: 'hit',
        count: 1,
        ageBuckets: AGE_BOUNDS.map((_, i) => (i === 0 ? 1 : 0)).concat(0),
      },
    ],
  };
  /** Fastly confirms every key that it purged. */
  const confirmAll: typeof fetch = async (_input, init) => {
    const { surrogate_keys: keys } = JSON.parse(String(init?.body)) as { surrogate_keys: string[] };
    return Response.json(Object.fromEntries(keys.map((key) => [key, '108-1'])));
  };
  const origin = () =>
    server.createTileOrigin({
      layers: {
        roads: { preset: 'poi', version: 'v1', edge: { template: 'https://tiles.test/roads/{z}/{x}/{y}.pbf' } },
      },
      publish: {
        token: TOKEN,
        purgers: [server.createFastlyPurger({ service: 's', token: 't', fetch: confirmAll })],
      },
      rum: {},
    });

  it('announces versions, and labels tiles with them', async () => {
    const { fetch, tileHeaders } = origin();
    expect(await (await fetch(request('/api/tile-version'))).json()).toMatchObject({
      layers: { roads: { version: 'v1' } },
    });
    const tile = await tileHeaders(() => new Response('tile'))(request('/tiles/roads/1/0/0.pbf'));
    expect([tile.headers.get('x-tile-version'), tile.headers.get('cache-tag')]).toEqual([
      'v1',
      'layer:roads,layer:roads:z1',
    ]);
  });

  it('publishes, purges, and notifies the stream', async () => {
    const { fetch, close } = origin();
    const events = eventReader((await fetch(request('/api/tile-version/stream'))).body!);
    await events.next();
    await events.next();
    const report = await (await fetch(publishRequest({ layer: 'roads', version: 'v2', bbox: [0, 0, 1, 1] }))).json();
    expect(report).toMatchObject({ ok: true, applied: true, version: 'v2' });
    expect(JSON.parse((await events.next()).data!).layers.roads.version).toBe('v2');
    await close();
  });

  it('collects beacons, gzipped or not', async () => {
    const { fetch } = origin();
    const send = (body: BodyInit, headers = {}) =>
      fetch(request('/api/rum', { method: 'POST', body, headers: { 'content-type': 'text/plain', ...headers } }));
    expect((await send(JSON.stringify(beacon))).status).toBe(204);
    expect((await send(gzipSync(JSON.stringify({ ...beacon, id: 'c' })), { 'content-encoding': 'gzip' })).status).toBe(
      204,
    );
    expect((await send('{}')).status).toBe(400);
  });

  it('derives versions from data, and names what the platform lacks', async () => {
    expect(await server.datasetVersion('first edition')).toMatch(/^[0-9a-f]{16}$/);
    // Metrics need prom-client, which is not available here.
    const metrics = await origin().fetch(request('/metrics'));
    expect([metrics.status, (await metrics.json()).error.field]).toEqual([500, 'metrics.registry']);
  });
});
