import type { HttpBindings } from '@hono/node-server';
import { Hono, type Context } from 'hono';
import { compress } from 'hono/compress';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { BBox } from '../../src/shared/tile';
import { createBeaconSink } from './beacons';
import { BOXED, demoLayers, type DemoLayer } from './layers';
import { createPublications } from './publication';
import { createRequestLog } from './request-log';
import { digest } from './seed';
import { serveShell, type Shell } from './shell';
import { createTiles } from './tiles';
import { parseTrouble, type TroubleSetting } from './trouble';

type Env = { Bindings: HttpBindings };

/** The demo's origin: tiles, versions, a beacon sink, and knobs to make it misbehave. */
export function createDemoOrigin(shell: Shell, now: () => number = Date.now): Hono<Env> {
  const layers = demoLayers();
  const publications = createPublications(layers, now);
  const renderTile = createTiles(layers, publications);
  const log = createRequestLog(now);
  const sink = createBeaconSink(now);
  let trouble: TroubleSetting = { mode: 'ok', delay: 0 };

  const app = new Hono<Env>();
  // What a map needs suffers from the trouble that was asked for; the pages and the knobs do not.
  const troubled = async (context: Context<Env>, next: () => Promise<void>) => {
    const layer = context.req.path.startsWith('/tiles/') ? (context.req.path.split('/')[2] ?? '') : 'version check';
    const path = context.req.path;
    if (trouble.mode === 'unreachable') {
      log.add({ layer, path, status: 0 });
      context.env.incoming.socket.destroy();
      return context.body(null, 503);
    }
    if (trouble.mode === 'failing') {
      log.add({ layer, path, status: 503 });
      return context.text('The origin was told to fail.\n', 503);
    }
    if (trouble.mode === 'slow') await wait(trouble.delay * 1000);
    await next();
    log.add({ layer, path, status: context.res.status });
    return undefined;
  };
  app.use('/tiles/*', troubled);
  app.use('/api/tile-version', troubled);

  app.get('/tiles/:layer/tilejson.json', (context) => {
    const name = context.req.param('layer');
    const layer = layers[name];
    if (!layer) return context.notFound();
    const version = publications.version(name);
    const body = JSON.stringify(tileJson(name, layer, new URL(context.req.url).origin));
    return conditional(context, body, 'application/json', { 'Cache-Control': layer.cacheControl, 'X-Tile-Version': version });
  });
  app.get('/tiles/:layer/:rest{.+}', (context) => {
    const name = context.req.param('layer');
    const tile = renderTile(name, context.req.param('rest'));
    if (!tile) return context.notFound();
    const layer = layers[name]!;
    return conditional(
      context,
      tile.body,
      layer.contentType,
      { 'Cache-Control': layer.cacheControl, 'X-Tile-Version': tile.version },
      tile.etag,
    );
  });
  app.get('/api/tile-version', (context) =>
    conditional(context, JSON.stringify(publications.manifest()), 'application/json', { 'Cache-Control': 'no-cache' }),
  );
  app.post('/api/rum', async (context) => {
    const refused = sink.take(await context.req.text());
    return refused ? context.text(refused, 400) : context.body(null, 204);
  });

  app.post('/api/demo/publish', async (context) => {
    const request = parsePublish(await context.req.json().catch(() => undefined), layers);
    if (typeof request === 'string') return context.json({ error: request }, 400);
    return context.json({ layer: request.layer, ...publications.publish(request.layer, request.bbox) });
  });
  app.get('/api/demo/origin', (context) => context.json(trouble));
  app.post('/api/demo/origin', async (context) => {
    const setting = parseTrouble(await context.req.json().catch(() => undefined));
    if (typeof setting === 'string') return context.json({ error: setting }, 400);
    return context.json((trouble = setting));
  });
  app.post('/api/demo/reset', (context) => {
    trouble = { mode: 'ok', delay: 0 };
    publications.rollback();
    log.reset();
    sink.reset();
    return context.json({ ok: true });
  });
  app.get('/api/demo/beacons', (context) => context.json(sink.read()));
  app.get('/api/demo/requests', (context) => context.json(log.read(Number(context.req.query('since') ?? 0))));
  app.get('*', compress(), serveShell(shell));
  return app;
}

/** 200 with an ETag, 304 when the client has just that, 204 for a vector tile with nothing in it. */
function conditional(
  context: Context<Env>,
  body: string | Uint8Array,
  type: string,
  headers: Record<string, string>,
  // Weak: the same tile goes out zipped and not (RFC 9110 section 8.8.1).
  etag = `W/"${digest(body, 16)}"`,
): Response {
  const sent = { ...headers, ETag: etag, Vary: 'Accept-Encoding' };
  const known = context.req.header('if-none-match')?.split(/\s*,\s*/) ?? [];
  if (known.includes(etag)) return context.body(null, 304, sent);
  if (body.length === 0) return context.body(null, 204, sent);
  const zipped = type !== 'image/png' && /\bgzip\b/.test(context.req.header('accept-encoding') ?? '');
  return context.body((zipped ? gzipSync(body) : body) as Uint8Array<ArrayBuffer>, 200, {
    ...sent,
    'Content-Type': type,
    ...(zipped && { 'Content-Encoding': 'gzip' }),
  });
}

function tileJson(name: string, layer: DemoLayer, origin: string) {
  return {
    tilejson: '3.0.0',
    name: layer.title,
    tiles: [`${origin}/tiles/${name}/{z}/{x}/{y}.${layer.extension}`],
    minzoom: 0,
    maxzoom: layer.maxZoom,
    attribution: layer.attribution,
    ...(layer.vectorLayers && {
      vector_layers: Object.entries(layer.vectorLayers).map(([id, fields]) => ({ id, fields })),
    }),
  };
}

function parsePublish(input: unknown, layers: Record<string, DemoLayer>): { layer: string; bbox?: BBox } | string {
  const { layer, bbox } = (input ?? {}) as { layer?: unknown; bbox?: unknown };
  if (typeof layer !== 'string' || !Object.hasOwn(layers, layer)) return `layer must be one of ${Object.keys(layers).join(', ')}.`;
  if (bbox === undefined) return { layer };
  if (!BOXED.has(layer)) return `${layer} is published whole: leave bbox out.`;
  const [west, south, east, north] = Array.isArray(bbox) && bbox.length === 4 ? (bbox as unknown[]).map(Number) : [];
  const longitudes = [west, east].every((value) => value !== undefined && Math.abs(value) <= 180);
  if (!longitudes || !(south! >= -90 && south! < north! && north! <= 90)) return 'bbox must be [west, south, east, north] in degrees.';
  return { layer, bbox: [west!, south!, east!, north!] };
}
