import type { TileInspection } from '../../../src/shared/inspect';
import type { InspectCommand } from '../../../src/shared/inspect-commands';
import type { LayerOptions } from '../../../src/shared/layer-options';
import type { TileCacheOptions } from '../../../sw/options';
import { inspector } from '../../../sw/inspect';
import { FakeCacheStorage } from '../fakes/fake-caches';
import { createWorld, type World } from '../fakes/world';

export interface InspectWorld extends World {
  cache: ReturnType<World['start']>;
  /** Posts a page's message to the worker. Resolves with the result, and rejects with the error of the ack. */
  send<T>(message: Record<string, unknown>): Promise<T>;
  ask<T>(command: InspectCommand): Promise<T>;
  /** Inspects the tile that most tests use. */
  inspect(path?: string, more?: { headers?: Record<string, string>; cache?: RequestCache }): Promise<TileInspection>;
  /** Fetches the tile as a page does. */
  fetch(path?: string, init?: RequestInit): Promise<Response>;
  /** Starts another worker on the same storage. */
  restart(options?: TileCacheOptions, around?: Parameters<World['start']>[1]): void;
  /** Makes calls of Cache Storage reject whose names begin with this: `put`, `drop`, `delete`. */
  fails: string | undefined;
  announce(version: string, more?: object): Promise<void>;
}

export const TILE = '/tiles/roads/6/33/22.png';

/** A PNG of one pixel. */
const PNG = Uint8Array.from(
  atob('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='),
  (char) => char.charCodeAt(0),
);

export const png = (cacheControl = 'max-age=60', headers: Record<string, string> = {}, status = 200) =>
  new Response(PNG.slice(), {
    status,
    headers: { 'content-type': 'image/png', ...(cacheControl && { 'cache-control': cacheControl }), ...headers },
  });

let ids = 0;

export function createInspectWorld(layer: LayerOptions | null = {}, more: TileCacheOptions = {}): InspectWorld {
  const world = createWorld() as InspectWorld;
  world.answer = () => png();
  world.caches = new FakeCacheStorage(async (what) => {
    if (world.fails !== undefined && what.startsWith(world.fails)) throw new DOMException('full', 'QuotaExceededError');
  });
  world.restart = (options, around) => {
    const layers = layer && { roads: layer };
    world.cache = world.start({ ...(layers && { layers }), inspect: inspector(), ...more, ...options }, around);
  };
  world.restart();
  world.send = (message) =>
    new Promise((resolve, reject) => {
      const port = {
        postMessage: (ack: { ok: boolean; result: never; error: unknown }) =>
          // Clone the result, as posting to a port does.
          ack.ok ? resolve(structuredClone(ack.result)) : reject(ack.error as Error),
      };
      void world.cache.message({ id: String((ids += 1)), ...message }, port, 'page');
    });
  world.ask = (command) => world.send({ type: 'TILE_INSPECT', ...command });
  world.inspect = (path = TILE, given = {}) => world.ask({ action: 'inspect', url: path, ...given });
  world.fetch = (path = TILE, init) => world.get(world.cache, path, init);
  world.announce = async (version, entry = {}) => {
    const manifest = { layers: { roads: { version, ...entry } } };
    await world.send({ type: 'TILE_VERSIONS', manifest, confirmedAt: world.clock.now });
    await world.cache.settled();
  };
  return world;
}
