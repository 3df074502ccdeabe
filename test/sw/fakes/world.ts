import { webcrypto } from 'node:crypto';
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { assemble, type Surroundings } from '../../../sw/assemble';
import type { TileCacheOptions } from '../../../sw/options';
import { FakeCacheStorage } from './fake-caches';

export const ORIGIN = 'https://map.example';

/** A request that has reached the origin. */
export interface Asked {
  url: string;
  method: string;
  headers: Headers;
  cache: RequestCache;
}

/** A worker's environment without a browser: storage that survives restarts, an origin, and a clock. */
export interface World {
  clock: { now: number };
  caches: FakeCacheStorage;
  asked: Asked[];
  posted: unknown[];
  answer: (request: Request) => Response | Promise<Response>;
  start(options?: TileCacheOptions, around?: Partial<Surroundings>): ReturnType<typeof assemble>;
  /** Fetches through a worker, and waits for all work in the background. */
  get(cache: ReturnType<typeof assemble>, path: string, init?: RequestInit): Promise<Response>;
}

export function createWorld(): World {
  globalThis.indexedDB = new IDBFactory();
  const world: World = {
    clock: { now: Date.parse('2026-01-01T00:00:00Z') },
    caches: new FakeCacheStorage(),
    asked: [],
    posted: [],
    answer: () =>
      new Response('tile', { headers: { 'content-type': 'application/octet-stream', 'cache-control': 'max-age=60' } }),
    start: (options = {}, around = {}) =>
      assemble(options, {
        scope: `${ORIGIN}/`,
        origin: ORIGIN,
        fetch: async (request) => {
          const { url, method, headers, cache } = request;
          world.asked.push({ url, method, headers, cache });
          return world.answer(request);
        },
        caches: world.caches.asStorage(),
        clients: {
          matchAll: async () =>
            [{ id: 'page', postMessage: (message: unknown) => world.posted.push(message) }] as never,
        },
        subtle: webcrypto.subtle as SubtleCrypto,
        languages: ['en'],
        userAgent: 'test',
        now: () => world.clock.now,
        random: () => 0.5,
        // Short timers, which only spread work over time, run at once. Timeouts never occur by themselves.
        setTimeout: (callback, ms) => (ms <= 500 ? setImmediate(callback) : undefined),
        clearTimeout: () => {},
        estimate: async () => ({ usage: 1, quota: 2 }),
        persisted: async () => false,
        ...around,
      }),
    async get(cache, path, init) {
      const request = new Request(new URL(path, ORIGIN), init);
      const address = cache.match(request.url);
      if (!address) throw new Error(`no layer has ${path}`);
      const { response, done } = cache.handle({ request, address, clientId: 'page' });
      const answered = await response;
      const copy = answered.clone();
      await answered.arrayBuffer().catch(() => {});
      await done;
      return copy;
    },
  };
  return world;
}
