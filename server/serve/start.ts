import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TileCacheError } from '../../src/shared/errors';
import { forwardedAddress } from '../http/address';
import { createTileOrigin } from '../tile-origin';
import { createFileVersionStore } from '../versions/file-version-store';
import { createMemoryVersionStore } from '../versions/version-store';
import { createApp } from './app';
import { openArchives } from './archives';
import { createFolder } from './folder';
import { createDrain } from './drain';
import { load } from './load';
import { createNotes } from './notes';
import { wrong, type ServeTask } from './options';
import { createOrdersFile } from './orders-file';
import { createSource } from './source';
import { createStatusHandler } from './status-handler';
import { createUpstream } from './upstream';
import { workerFile } from './worker-file';

/** The requirements of `serve` in addition to its arguments. */
export interface ServeNeeds {
  token: string | undefined;
  metricsToken: string | undefined;
  /** The path of the ready-made worker. */
  worker: string;
  /** Writes a line to the log. */
  log(line: string): void;
}

/** A running sidecar. */
export interface Sidecar {
  /** Its base URL: `http://127.0.0.1:8080`. */
  url: string;
  close(): Promise<void>;
}

/** Starts the sidecar. Rejects with `INVALID_OPTION`, and then leaves nothing open. */
export async function startSidecar(task: ServeTask, needs: ServeNeeds): Promise<Sidecar> {
  const [hono, node] = await load('hono', 'hono @hono/node-server', () =>
    Promise.all([import('hono'), import('@hono/node-server')]),
  );
  const believed = task.proxies > 0;
  const orders =
    task.orders === undefined
      ? undefined
      : createOrdersFile(task.orders, createNotes('orders', needs.log, 'valid again'));
  const archives = await openArchives(task.archives, believed);
  const folder = task.folder === undefined ? undefined : await createFolder(task.folder);
  const store = task.state === undefined ? createMemoryVersionStore() : createFileVersionStore({ path: task.state });
  await store.read().catch(() => {
    throw wrong('--state', 'cannot be read, or contains something else');
  });
  // Write as a publication would: an operator should not learn only from the first one that nothing can be stored.
  if (needs.token !== undefined)
    await store
      .update((state) => state)
      .catch((error: TileCacheError) => {
        throw wrong('--state', 'cannot be written', error.remedy);
      });
  const upstream =
    task.upstream &&
    createUpstream(task.upstream, { timeout: task.timeout, believed, note: createNotes('upstream', needs.log) });
  const origin = createTileOrigin({
    store,
    layers: layersOf(task, archives),
    ...(orders && { versions: { client: orders } }),
    rum: believed ? { addressOf: forwardedAddress(task.proxies) } : {},
    stream: believed ? { addressOf: forwardedAddress(task.proxies) } : {},
    ...(needs.token !== undefined && { publish: { token: needs.token } }),
    ...(needs.metricsToken !== undefined && { metrics: { token: needs.metricsToken } }),
    ...(task.pages.length > 0 && { cors: { origins: task.pages } }),
  });
  const source = task.upstream?.origin ?? (folder ? 'a folder' : 'archives');
  const look = async () => ({
    source,
    ...{
      status: await origin.status(),
      orders: orders?.(),
      state: await store.read(),
      streams: origin.streamStats(),
      seen: origin.clientStats(),
      now: Date.now(),
    },
  });
  const app = createApp(hono, {
    origin,
    status: createStatusHandler(look, needs.token),
    worker: workerFile(needs.worker),
    source: createSource(archives, upstream?.handler ?? folder),
  });
  const server = node.createAdaptorServer({
    fetch: (request, env) => app.fetch(request, env as never),
    // Keep the adapter from replacing the global `Request`.
    overrideGlobalObjects: false,
  }) as Server;
  const drain = createDrain(server);
  const close = async () => {
    // The event streams end with the origin; the server waits for all other responses.
    await Promise.all([drain(), origin.close()]);
    upstream?.close();
    await store.close();
  };
  try {
    await origin.ready();
    return { url: await listen(server, task), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function layersOf({ layers }: ServeTask, archives: ReadonlyMap<string, { version: string }>): ServeTask['layers'] {
  const archived = [...archives].map(([name, { version }]) => [name, { ...layers[name], version }] as const);
  return { ...layers, ...Object.fromEntries(archived) };
}

function listen(server: Server, { host, port }: ServeTask): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'EADDRINUSE') reject(wrong('--port', `${port} is in use`, 'Use another one, or 0 for a free one.'));
      else if (code === 'EACCES')
        reject(wrong('--port', `${port} is not allowed for this user`, 'Use one above 1023.'));
      else reject(wrong('--host', 'is not an address of this machine'));
    });
    server.listen(port, host, () => {
      const { address, family, port: taken } = server.address() as AddressInfo;
      resolve(`http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`);
    });
  });
}
