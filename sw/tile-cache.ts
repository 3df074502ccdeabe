import { type Connection, isMetered } from '../src/shared/metered';
import { isRecord } from '../src/shared/validate';
import { assemble, type Surroundings } from './assemble';
import { DEVELOPMENT } from './debug/development';
import { narrate } from './debug/narrate';
import { explaining } from './debug/refusal';
import { answerFetches } from './fetch-listener';
import { isCommand } from './commands/messages';
import { readRegisterOptions, type RegisterOptions, type TileCacheOptions } from './options';
import { observeProtocols } from './origin/protocols';
import { createRouter } from './router';

/** A tile cache that is set up, and does nothing until you call `register`. */
export interface TileCache {
  /**
   * Adds a Workbox route for the tiles, and listeners for messages, install and activate. Call it synchronously while the
   * worker's script is first evaluated.
   * @throws TileCacheError `INVALID_OPTION` for an unknown or invalid option, and for a second tile cache: put all layers
   * into one.
   */
  register(options?: RegisterOptions): void;
}

/**
 * Creates the tile cache of a service worker.
 * @throws TileCacheError `INVALID_OPTION` or `INVALID_TEMPLATE`, naming the field.
 */
export function createTileCache(options: TileCacheOptions = {}): TileCache {
  const worker = self as unknown as ServiceWorkerGlobalScope;
  const around = surroundings(worker, options);
  const cache = DEVELOPMENT ? explaining(() => assemble(options, around)) : assemble(options, around);
  return {
    register(given = {}) {
      const { match, handle } = cache;
      const narrated = DEVELOPMENT && options.debug ? narrate(handle, { console, now: around.monotonic! }) : handle;
      const begin = () => {
        const read = readRegisterOptions(given, 'register', 'INVALID_OPTION');
        answerFetches(createRouter({ match, handle: narrated }));
        return read;
      };
      const { claim, skipWaiting } = DEVELOPMENT ? explaining(begin) : begin();
      // Read the ledger while the first request is still on its way.
      void cache.ledger.load();
      // Wake Cache Storage as well: waking it takes longer than the lookup does.
      void wake(around.caches);
      worker.addEventListener('message', (event) => {
        const message = own(worker, event);
        const work = message && cache.message(message, event.ports[0], (event.source as Client | null)?.id);
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

/** Never rejects, whatever a browser without storage has in place of `caches`. */
async function wake(caches: CacheStorage): Promise<void> {
  try {
    await caches.has('');
  } catch {
    // The first request finds out, and goes to the network.
  }
}

/** Marks a message that another worker passed on: the worker that gets it answers it. */
const PASSED_ON = 'sw-tile-cache:passed-on';

/**
 * Returns the message if this worker answers it. Returns undefined if the worker passed it on, or if it is not ours.
 */
function own(worker: ServiceWorkerGlobalScope, event: ExtendableMessageEvent): Record<string, unknown> | undefined {
  const data: unknown = event.data;
  if (!isRecord(data) || !isCommand(data['type'])) return undefined;
  const { [PASSED_ON]: passedOn, ...message } = data;
  if (passedOn === true || !waits(worker)) return message;
  // Only the active worker may answer for the ledger, so pass it the message with its ports.
  worker.registration.active?.postMessage({ ...message, [PASSED_ON]: true }, [...event.ports]);
  return undefined;
}

/**
 * True for a worker that waits, or may wait, behind an active one: Firefox does not tell a worker which of the two it
 * is.
 */
function waits(worker: ServiceWorkerGlobalScope): boolean {
  const { registration } = worker;
  const { serviceWorker } = worker as { serviceWorker?: ServiceWorker };
  if (!registration.active) return false;
  return serviceWorker
    ? /^install/.test(serviceWorker.state)
    : Boolean(registration.waiting ?? registration.installing);
}

/** Only Chromium exposes the connection. */
const connection = (navigator: object) => (navigator as { connection?: Connection }).connection;

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
    saveData: () => connection(worker.navigator)?.saveData === true,
    metered: () => isMetered(connection(worker.navigator)),
    now: options.now ?? Date.now,
    monotonic: () => worker.performance.now(),
    random: Math.random,
    setTimeout: (callback, ms) => worker.setTimeout(callback, ms),
    clearTimeout: (timer) => worker.clearTimeout(timer),
    onLine: () => worker.navigator.onLine,
    policy: async () => {
      const script = await worker.fetch(worker.location.href, { cache: 'force-cache' });
      return script.headers.get('content-security-policy') ?? '';
    },
    onViolation: (listener) => worker.addEventListener('securitypolicyviolation', listener as never),
    protocolOf: observeProtocols(),
    estimate: async () => worker.navigator.storage?.estimate(),
    persisted: async () => worker.navigator.storage?.persisted(),
  };
}
