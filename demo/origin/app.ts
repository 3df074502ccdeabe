import { Hono } from 'hono';
import { compress } from 'hono/compress';
import { cacheControlOf, createTileOrigin, type TileOrigin } from 'sw-tile-cache/server';
import { conditional, tileJson } from './answers';
import { createArchives, LIGHTS } from './archives';
import { createBeaconSink } from './beacons';
import { createEditions, type Change } from './editions';
import { demoLayers } from './layers';
import { parsePublish } from './publish-request';
import { createRequestLog } from './request-log';
import { serveShell, type Shell } from './shell';
import { createTiles } from './tiles';
import { parseTrouble } from './trouble';
import { addressOf, createTroubles, type Env } from './troubles';

export interface DemoOrigin {
  app: Hono<Env>;
  close(): Promise<void>;
}

/**
 * Creates the demo's origin: tiles, the origin companion for versions and beacons, and controls that make it misbehave.
 */
export function createDemoOrigin(shell: Shell, now: () => number = Date.now): DemoOrigin {
  const layers = demoLayers();
  const archives = createArchives();
  const editions = createEditions(layers);
  const renderTile = createTiles(layers, editions);
  const log = createRequestLog(now);
  const beacons = createBeaconSink(now);
  const troubles = createTroubles(log);
  const companion = createTileOrigin({
    layers: Object.fromEntries(
      Object.entries(layers).map(([name, { preset }]) => [name, { preset, version: editions.version(name) }]),
    ),
    rum: { rateLimit: { burst: 200, perSecond: 10 }, kiosks: ['demo'] },
    now,
  });
  const announce = ({ layer, version, bbox }: Change) =>
    companion.publishNow({ layer, version, ...(bbox && { bbox }) });
  /** Read version and bytes in one step, so that no tile has another edition's label. */
  const headersOf = (name: string) => ({
    'Cache-Control': cacheControlOf({ preset: layers[name]!.preset })!,
    'X-Tile-Version': editions.version(name),
  });

  const app = new Hono<Env>();
  for (const path of ['/tiles/*', '/data/*', '/api/tile-version', '/api/tile-version/*'])
    app.use(path, troubles.middleware);
  app.get('/data/*', async (context) => (await archives.serve(context.req.raw)) ?? context.notFound());
  app.get('/tiles/:layer/tilejson.json', (context) => {
    const name = context.req.param('layer');
    const layer = layers[name];
    if (!layer) return context.notFound();
    return conditional(
      context,
      tileJson(name, layer, new URL(context.req.url).origin),
      'application/json',
      headersOf(name),
    );
  });
  app.get('/tiles/:layer/:rest{.+}', (context) => {
    const name = context.req.param('layer');
    const tile = renderTile(name, context.req.param('rest'));
    return tile
      ? conditional(context, tile.body, layers[name]!.contentType, headersOf(name), tile.etag)
      : context.notFound();
  });
  app.post('/api/rum', async (context) => {
    const body = await context.req.text();
    const address = addressOf(context);
    const { method, headers, url } = context.req.raw;
    const answer = await companion.rum(new Request(url, { method, headers, body }), { address });
    if (answer.status === 204) beacons.take(body);
    return answer;
  });

  app.route(
    '/api/demo',
    controls({ layers: Object.keys(layers), archives, editions, troubles, log, beacons, announce }),
  );
  app.use('*', companionRoutes(companion));
  app.get('*', compress(), serveShell(shell));
  return { app, close: () => companion.close() };
}

interface Controlled {
  /** The names of the layers. */
  layers: readonly string[];
  archives: ReturnType<typeof createArchives>;
  editions: ReturnType<typeof createEditions>;
  troubles: ReturnType<typeof createTroubles>;
  log: ReturnType<typeof createRequestLog>;
  beacons: ReturnType<typeof createBeaconSink>;
  /** Tells pages of a change. */
  announce: (change: Change) => Promise<unknown>;
}

/** The demo's controls: they publish changes, make the origin misbehave, and show what it has received. */
function controls({ layers, archives, editions, troubles, log, beacons, announce }: Controlled): Hono<Env> {
  const app = new Hono<Env>();
  app.post('/publish', async (context) => {
    const known = [...layers, LIGHTS];
    const request = parsePublish(await context.req.json().catch(() => undefined), known);
    if (typeof request === 'string') return context.json({ error: request }, 400);
    if (archives.has(request.layer)) return context.json(await archives.renew(request.layer));
    return context.json(await announce(editions.renew(request.layer, request.bbox)));
  });
  app.get('/origin', (context) => context.json(troubles.get()));
  app.post('/origin', async (context) => {
    const setting = parseTrouble(await context.req.json().catch(() => undefined));
    return typeof setting === 'string' ? context.json({ error: setting }, 400) : context.json(troubles.set(setting));
  });
  app.post('/reset', async (context) => {
    troubles.set({ mode: 'ok', delay: 0 });
    for (const change of editions.rollback()) await announce(change);
    await archives.rollback();
    log.reset();
    beacons.reset();
    return context.json({ ok: true });
  });
  app.get('/beacons', (context) => context.json(beacons.read()));
  app.get('/requests', (context) => context.json(log.read(Number(context.req.query('since') ?? 0))));
  return app;
}

/** Routes the versions, their stream and the metrics to the origin companion. */
function companionRoutes(companion: TileOrigin) {
  return async (context: { req: { raw: Request } }, next: () => Promise<void>) => {
    const { url, method, headers } = context.req.raw;
    const answer = companion.route(new Request(url, { method, headers }));
    return answer ? await answer : next();
  };
}
