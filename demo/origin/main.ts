import { serve, type ServerType } from '@hono/node-server';
import type { AddressInfo } from 'node:net';
import { createDemoOrigin } from './app';
import type { Shell } from './shell';

export interface RunningOrigin {
  url: string;
  close(): Promise<void>;
}

/** Starts the demo's origin. Port 0 selects a free one. Rejects if the port is taken. */
export async function startDemoOrigin(shell: Shell, port = 0, hostname = '127.0.0.1'): Promise<RunningOrigin> {
  const { app, close } = createDemoOrigin(shell);
  const server = await new Promise<ServerType>((resolve, reject) => {
    const started: ServerType = serve({ fetch: app.fetch, port, hostname }, () => resolve(started));
    started.once('error', reject);
  });
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://${hostname === '127.0.0.1' ? 'localhost' : hostname}:${actual}/`,
    close: async () => {
      await close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        if ('closeAllConnections' in server) server.closeAllConnections();
      });
    },
  };
}
