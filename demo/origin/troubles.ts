import type { HttpBindings } from '@hono/node-server';
import type { Context, MiddlewareHandler } from 'hono';
import { setTimeout as wait } from 'node:timers/promises';
import type { RequestLog } from './request-log';
import type { TroubleSetting } from './trouble';

export type Env = { Bindings: HttpBindings };

/** Applies the selected trouble to the map's requests, and logs all requests. */
export function createTroubles(log: RequestLog) {
  let setting: TroubleSetting = { mode: 'ok', delay: 0 };
  const streams = new Set<HttpBindings['incoming']['socket']>();

  const middleware: MiddlewareHandler<Env> = async (context, next) => {
    const { path } = context.req;
    const layer = /^\/(?:tiles|data)\/([^/.]*)/.exec(path)?.[1] ?? 'version check';
    const { socket } = context.env.incoming;
    if (setting.mode === 'unreachable') {
      log.add({ layer, path, status: 0 });
      socket.destroy();
      return context.body(null, 503);
    }
    if (setting.mode === 'failing') {
      log.add({ layer, path, status: 503 });
      return context.text('The origin was told to fail.\n', 503);
    }
    if (setting.mode === 'slow') await wait(setting.delay * 1000);
    if (path.endsWith('/stream')) remember(socket);
    await next();
    log.add({ layer, path, status: context.res.status });
    return undefined;
  };

  function remember(socket: HttpBindings['incoming']['socket']): void {
    streams.add(socket);
    socket.once('close', () => streams.delete(socket));
  }

  return {
    middleware,
    get: () => setting,
    set(next: TroubleSetting): TroubleSetting {
      setting = next;
      // Close open streams, which would otherwise continue.
      if (next.mode !== 'ok') for (const socket of streams) socket.destroy();
      return setting;
    },
  };
}

/** Returns the client's address. */
export function addressOf(context: Context<Env>): string | undefined {
  return context.env.incoming.socket.remoteAddress;
}
