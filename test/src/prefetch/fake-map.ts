import type { Binding } from '../../../src/adapters/binding';
import { boxAround, type MapView, type TileBox } from '../../../src/adapters/supply';
import { tileKey } from '../../../src/screen/tile-key';
import { createEmitter } from '../../../src/page/events';
import type { ClientEvents } from '../../../src/page/types';
import { grown, tilesIn } from '../../../src/prefetch/boxes';
import type { Conditions } from '../../../src/prefetch/obstacle';
import type { PrefetchEnv } from '../../../src/prefetch/run';
import type { TileId } from '../../../src/shared/tile';
import { worldX, worldY } from '../../../src/shared/tile-math';
import { gapsOf } from '../../../src/vitals/cover';
import { createFakeClock, settle } from '../fake-clock';

/** The origin's answer. `gate` delays it. */
export interface Answer {
  status?: number;
  headers?: Record<string, string>;
  /** Milliseconds. */
  delay?: number;
  never?: boolean;
}

export const BYTES = 12_000;

/**
 * Creates a map of Web Mercator tiles of 256 pixels, a worker with a store, and an origin, on a clock that the test
 * moves. `maxzoom` belongs to the source; `host` serves its tiles.
 */
export function createFakeMap({
  width = 1024,
  height = 768,
  zoom = 12,
  center = [9.99, 53.55] as MapView['center'],
  minzoom = 0,
  maxzoom = 19,
  host = '',
} = {}) {
  const clock = createFakeClock();
  const emitter = createEmitter<ClientEvents>();
  const map = { center, zoom };
  const stored = new Set<string>();
  const drawn = new Map<string, TileId>();
  const log: Array<{ url: string; by: 'map' | 'prefetch'; at: number; purpose: string | null; aborted: boolean }> = [];
  let answer: (url: string, by: 'map' | 'prefetch') => Answer = () => ({});
  let blank = 0;
  const listeners = new Set<() => void>();
  const heard = new Set<() => void>();
  const conditions: Conditions = { hidden: false, online: true, worker: true, reducedData: false };

  const box = ({ center: [longitude, latitude], zoom }: MapView): TileBox | undefined => {
    const wanted = Math.max(0, Math.round(zoom));
    if (wanted < minzoom) return undefined;
    const z = Math.min(wanted, maxzoom);
    const middle = { x: worldX(longitude) * 2 ** z, y: worldY(latitude) * 2 ** z };
    return boxAround(z, middle, { width, height }, 256 * 2 ** (zoom - z));
  };
  const columns = (z: number) => 2 ** z;
  const canonical = ({ z, x, y }: TileId): TileId => ({ z, x: ((x % 2 ** z) + 2 ** z) % 2 ** z, y });
  const exists = ({ z, y }: TileId) => y >= 0 && y < 2 ** z;
  const urlOf = (tile: TileId) => `${host}/tiles/roads/${tileKey(canonical(tile))}.png?time=1`;
  const wanted = () => {
    const now = box(map);
    return now ? tilesIn(now).filter(exists) : [];
  };

  /** Answers as the worker does: from its store, or from the origin. */
  const respond = async (url: string, by: 'map' | 'prefetch', init: RequestInit = {}): Promise<Response> => {
    if (stored.has(url))
      return new Response(new Uint8Array(BYTES), { headers: { 'cache-status': 'sw-tile-cache; hit; ttl=10' } });
    const entry = {
      url,
      by,
      at: clock.now(),
      purpose: new Headers(init.headers).get('purpose'),
      aborted: false,
    };
    log.push(entry);
    const { status = 200, headers = {}, delay = 100, never = false } = answer(url, by);
    await new Promise<void>((resolve, reject) => {
      const { signal } = init;
      signal?.addEventListener('abort', () => {
        entry.aborted = true;
        reject(new DOMException('Aborted', 'AbortError'));
      });
      if (!never) clock.setTimeout(resolve, delay);
    });
    const keeps = status === 200 && headers['cache-status'] === undefined;
    if (keeps) stored.add(url);
    return new Response(status === 200 ? new Uint8Array(BYTES) : null, {
      status,
      headers: { 'cache-status': `sw-tile-cache; fwd=miss${keeps ? '; stored' : ''}`, ...headers },
    });
  };

  /** Loads the tiles that the view needs, as a library does. */
  const load = () => {
    for (const tile of wanted()) {
      const key = tileKey(tile);
      if (drawn.has(key) || loading.has(key)) continue;
      loading.add(key);
      const miss = !stored.has(urlOf(tile));
      void respond(urlOf(tile), 'map').then(({ status }) => {
        loading.delete(key);
        if (status === 200) drawn.set(key, tile);
        prune();
        const use = { layer: 'roads', tile: canonical(tile), age: 0, duration: 1, code: status, bytes: BYTES };
        emitter.emit('used', { uses: [{ ...use, status: miss ? 'miss' : 'hit' }] });
      });
    }
  };
  const loading = new Set<string>();
  /** Drops tiles: a complete view needs no substitutes, but some tiles around it are kept. */
  const prune = () => {
    const now = box(map);
    const needed = wanted();
    if (!now || needed.some((tile) => !drawn.has(tileKey(tile)))) return;
    const kept = new Set(tilesIn(grown(now, 2)).map(tileKey));
    for (const key of drawn.keys()) if (!kept.has(key)) drawn.delete(key);
  };

  const binding = {
    layer: 'roads',
    client: { on: emitter.on, version: () => undefined, viewport() {} },
    updating: false,
    cover: () => ({ wanted: wanted(), drawn: [...drawn.values()] }),
    view: () => ({
      onMove(run: () => void) {
        listeners.add(run);
        return () => listeners.delete(run);
      },
    }),
    supply: {
      camera: () => ({ ...map }),
      box,
      columns,
      request: (tile: TileId) => (exists(tile) ? { url: urlOf(tile), init: {} } : undefined),
    },
  } as unknown as Binding;

  const env: PrefetchEnv = {
    fetch: (url, init) => respond(String(url), 'prefetch', init),
    now: clock.now,
    href: 'https://map.example/page',
    setTimeout: clock.setTimeout,
    clearTimeout: clock.clearTimeout,
    random: () => 0,
    conditions: () => conditions,
    onConditions(run) {
      heard.add(run);
      return () => heard.delete(run);
    },
  };

  return {
    clock,
    map,
    binding,
    env,
    emitter,
    log,
    stored,
    conditions,
    box: () => box(map)!,
    boxOf: box,
    listeners,
    heard,
    answers: (next: typeof answer) => void (answer = next),
    changed: () => heard.forEach((run) => run()),
    asked: (by: 'map' | 'prefetch') => log.filter((entry) => entry.by === by),
    /** Moves the map by these numbers of tiles, or to a view. */
    go(to: Partial<MapView>) {
      Object.assign(map, to);
      load();
      prune();
      for (const run of listeners) run();
    },
    pan(x: number, y: number) {
      const { z } = box(map)!;
      const size = 2 ** z;
      const at = { x: worldX(map.center[0]) * size + x, y: worldY(map.center[1]) * size + y };
      const latitude = (Math.atan(Math.sinh(Math.PI * (1 - (2 * at.y) / size))) * 180) / Math.PI;
      let longitude = (at.x / size - 0.5) * 360;
      // Libraries wrap to the world's first copy.
      longitude = ((((longitude + 180) % 360) + 360) % 360) - 180;
      this.go({ center: [longitude, latitude] });
    },
    /** Lets time pass in steps in which answers arrive. Counts blank tile-seconds. */
    async run(ms: number, step = 25) {
      await settle(1);
      for (let left = ms; left > 0; left -= step) {
        blank += (gapsOf({ wanted: wanted(), drawn: [...drawn.values()] }, () => false).blank * step) / 1000;
        await clock.advance(step);
      }
      await settle(2);
    },
    get blank() {
      return blank;
    },
  };
}
