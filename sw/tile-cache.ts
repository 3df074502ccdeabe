import { registerRoute } from 'workbox-routing/registerRoute.js';
import type { TileAddress } from '../src/shared/tile-matcher';
import { assemble, type Surroundings } from './assemble';
import type { TileCacheOptions } from './options';

/** What `register` may do besides listening. */
export interface RegisterOptions {
  /** Takes over open pages when activated. @default false */
  claim?: boolean;
  /** Does not wait for pages of the old worker to close. @default false */
  skipWaiting?: boolean;
}

/** A tile cache that is set up and does nothing yet. */
export interface TileCache {
  /** Adds a Workbox route for the tiles and listeners for messages, install and activate. Call it while the worker script is evaluated. */
  register(options?: RegisterOptions): void;
}

/**
 * The tile cache of a service worker.
 * @throws TileCacheError `INVALID_OPTION` or `INVALID_TEMPLATE`, naming the field.
 */
export function createTileCache(options: TileCacheOptions = {}): TileCache {
  const worker = self as unknown as ServiceWorkerGlobalScope;
  const around = surroundings(worker, options);
  const cache = assemble(options, around);
  return {
    register({ claim = false, skipWaiting = false } = {}) {
      // The ledger is read while the first request is still on its way.
      void cache.ledger.load();
      // So is Cache Storage woken, which takes longer than the question does.
      void around.caches.has('').catch(() => {});
      const callback = ({ url, request }: { url: URL; request: Request }) =>
        request.mode === 'navigate' ? undefined : cache.match(url.href);
      const handler = async ({ request, event, params }: { request: Request; event: ExtendableEvent; params?: unknown }) => {
        const { clientId } = event as FetchEvent;
        const { response, done } = cache.handle({ request, address: params as TileAddress, clientId });
        event.waitUntil(done);
        return response;
      };
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH'] as const) {
        registerRoute(callback, handler as never, method);
      }
      worker.addEventListener('message', (event) => {
        if (forwarded(worker, event)) return;
        const work = cache.message(event.data, event.ports[0], (event.source as Client | null)?.id);
        if (work) event.waitUntil(work.then(cache.settled));
      });
      worker.addEventListener('install', () => {
        if (skipWaiting) void worker.skipWaiting();
      });
      worker.addEventListener('activate', (event) => {
        event.waitUntil(cache.activate().then(() => (claim ? worker.clients.claim() : undefined)));
      });
    },
  };
}

/** Only the active worker may answer for the ledger: one that waits passes the message on, port and all. */
function forwarded(worker: ServiceWorkerGlobalScope, event: ExtendableMessageEvent): boolean {
  const { active } = worker.registration;
  const { serviceWorker } = worker as { serviceWorker?: ServiceWorker };
  if (!active || !serviceWorker || !/^install/.test(serviceWorker.state)) return false;
  active.postMessage(event.data, [...event.ports]);
  return true;
}

function surroundings(worker: ServiceWorkerGlobalScope, options: TileCacheOptions): Surroundings {
  const send = options.fetch ?? worker.fetch;
  return {
    scope: worker.registration.scope,
    origin: worker.location.origin,
    fetch: (request) => send.call(worker, request),
    caches: options.caches ?? worker.caches,
    clients: worker.clients,
    subtle: worker.crypto.subtle,
    languages: worker.navigator.languages,
    userAgent: worker.navigator.userAgent,
    now: options.now ?? Date.now,
    random: Math.random,
    setTimeout: (callback, ms) => worker.setTimeout(callback, ms),
    clearTimeout: (timer) => worker.clearTimeout(timer),
    estimate: async () => worker.navigator.storage?.estimate(),
    persisted: async () => worker.navigator.storage?.persisted(),
  };
}
