import type { IncomingMessage } from 'node:http';
import { type Handler, problem } from '../http/http';
import { badPath, leadsAway } from '../http/safe-path';
import type { TileOrigin } from '../origin-types';

/** The values that Node's adapter passes in addition to the request. */
export interface Bindings {
  incoming: IncomingMessage;
}

/** The parts of the sidecar. */
export interface AppParts {
  origin: TileOrigin;
  status: Handler;
  worker: Handler;
  /** Serves tiles and everything else. */
  source: Handler;
}

/** Mounts the handlers on one Hono app: the origin's first, then the source for all other paths. */
export function createApp({ Hono }: typeof import('hono'), { origin, status, worker, source }: AppParts) {
  const app = new Hono<{ Bindings: Bindings }>();
  const tiles = origin.tileHeaders(source);
  app.use('*', async (c, next) => {
    // Check the path as the client sent it: a `Request` has already resolved its dot segments.
    const target = c.env.incoming.url ?? '/';
    if (!target.startsWith('/') || leadsAway(target.split(/[?#]/, 1)[0]!)) return badPath();
    return next();
  });
  app.all('/status', (c) => status(c.req.raw));
  app.all('/sw.js', (c) => worker(c.req.raw));
  app.all('*', async (c) => {
    const context = { address: c.env.incoming.socket.remoteAddress };
    return (await origin.route(c.req.raw, context)) ?? tiles(c.req.raw, context);
  });
  // Do not reveal the error to the client.
  app.onError(() => problem(500, { code: 'STORAGE_FAILED', message: 'The origin failed.', remedy: 'Try again.' }));
  return app;
}
