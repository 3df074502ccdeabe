import type { RegionInfo, RegionSpec } from '../../../src/shared/regions';
import { createArea } from '../../../src/shared/area';
import type { TileCacheOptions } from '../../../sw/options';
import { regions } from '../../../sw/regions';
import { createWorld, ORIGIN, type World } from '../fakes/world';

/** A small region with six blocks. */
export const SMALL: RegionSpec = {
  id: 'small',
  layers: [{ layer: 'roads', template: '/tiles/roads/{z}/{x}/{y}' }],
  bounds: [9, 53, 10.4, 53.9],
  zooms: [5, 10],
};

export const ROADS = { layer: 'roads', template: '/tiles/roads/{z}/{x}/{y}' };

/** Returns the bounds of a square of tiles, slightly reduced so that they touch no others. */
export function boundsOf(zoom: number, x: number, y: number, side: number): [number, number, number, number] {
  const size = 2 ** zoom;
  const east = (at: number) => (at / size) * 360 - 180;
  const north = (at: number) => (Math.atan(Math.sinh(Math.PI * (1 - (2 * at) / size))) * 180) / Math.PI;
  return [east(x + 0.1), north(y + side - 0.1), east(x + side - 0.1), north(y + 0.1)];
}

export const urlsOf = ({ bounds, zooms }: RegionSpec, layer = 'roads') => {
  const area = createArea(bounds);
  const urls: string[] = [];
  for (let zoom = zooms[0]; zoom <= zooms[1]; zoom += 1)
    for (const { z, x, y } of area.tiles(zoom)) urls.push(`/tiles/${layer}/${z}/${x}/${y}`);
  return urls;
};

export interface RegionWorld extends World {
  /** Returns the text of each tile. The origin answers 304 if the tag is the same. */
  content: (path: string) => string | Response;
  cc: string;
  worker: ReturnType<World['start']>;
  /** Starts another worker on the same storage. */
  restart(options?: TileCacheOptions): void;
  ask<T = any>(command: Record<string, unknown>): Promise<T>;
  /** Drives until nothing is left to do, and advances the clock. */
  finish(most?: number): Promise<RegionInfo[]>;
  /** Fetches through the worker without a network. */
  offline(path: string): Promise<string | undefined>;
  reachable: boolean;
  tilesAsked(): string[];
}

let ids = 0;

export function createRegionWorld(options: TileCacheOptions = { layers: { roads: { maxAge: 60 } } }): RegionWorld {
  const world = createWorld() as RegionWorld;
  world.content = (path) => `one ${path}`;
  world.cc = 'max-age=60';
  world.reachable = true;
  world.answer = (request) => {
    if (!world.reachable) throw new TypeError('no network');
    const made = world.content(new URL(request.url).pathname);
    if (made instanceof Response) return made;
    const etag = `"${made.replace(/ /g, '-')}"`;
    if (request.headers.get('if-none-match') === etag) return new Response(null, { status: 304, headers: { etag } });
    const headers = {
      etag,
      'cache-control': world.cc,
      'content-type': 'application/octet-stream',
      date: new Date(world.clock.now).toUTCString(),
    };
    return new Response(made, { headers });
  };
  world.restart = (more) => {
    world.worker = world.start(
      { ...options, ...more, regions: regions() },
      { estimate: async () => ({ usage: 0, quota: 1e9 }) },
    );
  };
  world.restart();
  world.ask = (command) =>
    new Promise((resolve, reject) => {
      const port = {
        postMessage: (ack: any) =>
          ack.ok ? resolve(ack.result) : reject(Object.assign(new Error(ack.error.message), ack.error)),
      };
      void world.worker.message({ type: 'TILE_REGIONS', id: String((ids += 1)), ...command }, port);
    });
  world.finish = async (most = 200) => {
    for (let i = 0; i < most; i += 1) {
      const { again } = await world.ask<{ again?: number }>({ action: 'drive', metered: false, online: true });
      if (again === undefined) break;
      world.clock.now += again;
    }
    return world.ask({ action: 'list' });
  };
  world.offline = async (path) => {
    world.reachable = false;
    try {
      const answer = await world.get(world.worker, path);
      return answer.ok ? await answer.text() : undefined;
    } catch {
      return undefined;
    } finally {
      world.reachable = true;
    }
  };
  world.tilesAsked = () =>
    world.asked.map(({ url }) => url.slice(ORIGIN.length)).filter((path) => path.startsWith('/tiles/'));
  return world;
}
