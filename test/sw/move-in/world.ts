import { openDB } from 'idb';
import { moveIn as drive, type MoveInOptions } from '../../../src/move-in/move-in';
import type { MoveIn, MoveInResult } from '../../../src/shared/move-in';
import type { Surroundings } from '../../../sw/assemble';
import type { TileCacheOptions } from '../../../sw/options';
import { moveIn } from '../../../sw/move-in';
import { FakeCacheStorage } from '../fakes/fake-caches';
import { createWorld, ORIGIN, type World } from '../fakes/world';

/** A PNG of one pixel. */
export const PNG = Uint8Array.from(
  atob('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='),
  (char) => char.charCodeAt(0),
);

export const TILE = '/tiles/roads/6/33/22.png';
export const CACHE = 'map-tiles';

export interface MoveWorld extends World {
  worker: ReturnType<World['start']>;
  /** Another worker on the same storage. */
  restart(options?: TileCacheOptions, around?: Partial<Surroundings>): void;
  send<T>(message: Record<string, unknown>): Promise<T>;
  /** Calls `moveIn` as a page does. Calls `between` before each slice. */
  move(what: MoveIn, options?: MoveInOptions & { between?: () => void | Promise<void> }): Promise<MoveInResult>;
  /** Puts a tile into a cache of another program. */
  old(url: string, headers?: Record<string, string>, body?: BodyInit | null, status?: number): Promise<void>;
  oldUrls(cache?: string): string[];
  /** Fetches as a page without a network. */
  offline(path: string, init?: RequestInit): Promise<Response | undefined>;
  /** Awaited by Cache Storage before each effect. */
  pause: (what: string) => Promise<void>;
}

let ids = 0;

export function createMoveWorld(
  options: TileCacheOptions = { layers: { roads: { staleIfError: 86_400 } } },
): MoveWorld {
  const world = createWorld() as MoveWorld;
  world.pause = async () => {};
  world.caches = new FakeCacheStorage((what) => world.pause(what));
  world.answer = () => {
    throw new TypeError('no network');
  };
  world.restart = (more, around) => {
    world.worker = world.start({ ...options, moveIn: moveIn(), ...more }, around);
  };
  world.restart();
  world.send = (message) =>
    new Promise((resolve, reject) => {
      const port = {
        postMessage: (ack: { ok: boolean; result: never; error: { message: string } }) =>
          ack.ok
            ? resolve(structuredClone(ack.result))
            : reject(Object.assign(new Error(ack.error.message), ack.error)),
      };
      void world.worker.message({ id: String((ids += 1)), ...message }, port, 'page');
    });
  world.move = async (what, { between, ...given } = {}) => {
    const send = async <T>(message: object): Promise<T> => {
      await between?.();
      return world.send<T>(message as Record<string, unknown>);
    };
    return drive(async () => ({ send }), `${ORIGIN}/map/?key=hidden`, what, given);
  };
  world.old = async (url, headers = {}, body = PNG.slice(), status = 200) => {
    const cache = await world.caches.open(CACHE);
    const response = new Response(body, { status, headers: { 'content-type': 'image/png', ...headers } });
    await cache.put(new URL(url, ORIGIN).href, response);
  };
  world.oldUrls = (cache = CACHE) =>
    [...(world.caches.caches.get(cache)?.entries.keys() ?? [])].map((url) => url.replace(ORIGIN, ''));
  world.offline = async (path, init) => world.get(world.worker, path, init).catch(() => undefined);
  return world;
}

export const ago = (world: World, seconds: number) => new Date(world.clock.now - seconds * 1000).toUTCString();

/** Writes timestamps as Workbox's expiration plugin does. */
export async function noteExpiration(entries: Record<string, number>, cacheName = CACHE): Promise<void> {
  const database = await openDB('workbox-expiration', 1, {
    upgrade(fresh) {
      const store = fresh.createObjectStore('cache-entries', { keyPath: 'id' });
      store.createIndex('cacheName', 'cacheName', { unique: false });
      store.createIndex('timestamp', 'timestamp', { unique: false });
    },
  });
  for (const [path, timestamp] of Object.entries(entries)) {
    const url = new URL(path, ORIGIN).href;
    await database.put('cache-entries', { id: `${cacheName}|${url}`, url, timestamp, cacheName });
  }
  database.close();
}

/** Stores tiles as versions 2 and 3 of leaflet.offline do. */
export async function fillLeaflet(
  tiles: Array<{ key: string; url?: string; blob: unknown; createdAt?: number }>,
  name = 'leaflet.offline',
): Promise<void> {
  const database = await openDB(name, 2, {
    upgrade(fresh) {
      const store = fresh.createObjectStore('tileStore', { keyPath: 'key' });
      store.createIndex('urlTemplate', 'urlTemplate');
      store.createIndex('z', 'z');
    },
  });
  for (const tile of tiles) await database.put('tileStore', { url: tile.key, createdAt: 0, ...tile });
  database.close();
}

export async function leafletKeys(): Promise<string[]> {
  const database = await openDB('leaflet.offline');
  const keys = await database.getAllKeys('tileStore');
  database.close();
  return keys as string[];
}
