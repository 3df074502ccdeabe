/// <reference lib="dom" />
// The code that runs in the page: it fetches tiles and measures the time. The benchmark calls the exported functions as
// `bench.…`.

import { createTileCacheClient } from '../../src/index';

/** Returns the URLs of `count` tiles of a block. Each block is another part of the world. */
export function tiles(layer: string, count: number, block = 0): string[] {
  return Array.from(
    { length: count },
    (_, at) => `/tiles/${layer}/16/${block * 64 + (at % 64)}/${Math.floor(at / 64)}.png`,
  );
}

function shuffled<T>(values: readonly T[]): T[] {
  const out = [...values];
  for (let at = out.length - 1; at > 0; at -= 1) {
    const other = Math.floor(Math.random() * (at + 1));
    [out[at], out[other]] = [out[other] as T, out[at] as T];
  }
  return out;
}

async function get(url: string): Promise<Response> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${response.status} ${url}: ${response.headers.get('cache-status') ?? ''}`);
  await response.arrayBuffer();
  return response;
}

/** Fetches the URLs, `concurrency` at a time. */
async function all(urls: readonly string[], concurrency: number): Promise<void> {
  let next = 0;
  const lane = async () => {
    for (let url = urls[next++]; url !== undefined; url = urls[next++]) await get(url);
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
}

/** Registers the worker, with this package's client if `withClient`, and waits until it controls the page. */
export async function register(withClient: boolean): Promise<void> {
  if (withClient) await createTileCacheClient({ serviceWorker: '/sw.js' });
  else await navigator.serviceWorker.register('/sw.js');
  if (navigator.serviceWorker.controller) return;
  await new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true }));
}

/** Returns tiles per second, with each tile fetched once in random order. */
export async function throughput(layer: string, count: number, block = 0, concurrency = 64): Promise<number> {
  const urls = shuffled(tiles(layer, count, block));
  const from = performance.now();
  await all(urls, concurrency);
  return (count / (performance.now() - from)) * 1000;
}

/** Returns the milliseconds of `n` tiles, picked at random and fetched one after the other. */
export async function single(layer: string, count: number, n: number, block = 0): Promise<number[]> {
  const urls = tiles(layer, count, block);
  const times: number[] = [];
  for (let at = 0; at < n; at += 1) {
    const url = urls[Math.floor(Math.random() * count)] as string;
    const from = performance.now();
    await get(url);
    times.push(performance.now() - from);
  }
  return times;
}

/** Returns how many of the tiles are hits, by their `Cache-Status`. */
export async function hits(layer: string, count: number, block = 0): Promise<number> {
  let found = 0;
  for (const url of tiles(layer, count, block)) {
    if (/;\s*hit(\s*;|$)/.test((await get(url)).headers.get('cache-status') ?? '')) found += 1;
  }
  return found;
}

/** Returns the tiles of each view of a map of 1024 x 768 that pans and zooms along a fixed path. */
function views(layer: string, steps: number, block: number): string[][] {
  let zoom = 12;
  let [x, y] = [2000.2 + block * 37, 1300.4];
  return Array.from({ length: steps }, (_, step) => {
    const turn = step % 20;
    if (turn === 9) [zoom, x, y] = [zoom + 1, x * 2 + 2, y * 2 + 1.5];
    else if (turn === 19) [zoom, x, y] = [zoom - 1, x / 2 - 1, y / 2 - 0.75];
    else [x, y] = [x + 0.6 * Math.cos(step / 7), y + 0.6 * Math.sin(step / 5)];
    const view: string[] = [];
    for (let column = Math.floor(x); column <= Math.floor(x + 4); column += 1) {
      for (let row = Math.floor(y); row <= Math.floor(y + 3); row += 1)
        view.push(`/tiles/${layer}/${zoom}/${column}/${row}.png`);
    }
    return view;
  });
}

/**
 * Returns, for each step of the path, the milliseconds until all its tiles have arrived. Like a map, it does not request
 * the tiles of the previous view again.
 */
export async function storm(layer: string, steps: number, block: number): Promise<number[]> {
  let shown = new Set<string>();
  const times: number[] = [];
  for (const view of views(layer, steps, block)) {
    const missing = view.filter((url) => !shown.has(url));
    shown = new Set(view);
    if (missing.length === 0) continue;
    const from = performance.now();
    await Promise.all(missing.map(get));
    times.push(performance.now() - from);
  }
  return times;
}

/** Posts a message to the active worker. Returns the milliseconds until the ack. */
export async function acked(message: object): Promise<number> {
  const { active } = await navigator.serviceWorker.ready;
  const { port1, port2 } = new MessageChannel();
  const from = performance.now();
  const answer = new Promise<{ ok: boolean; error?: { message: string } }>((resolve) => {
    port1.onmessage = ({ data }) => resolve(data);
  });
  active?.postMessage({ id: crypto.randomUUID(), ...message }, [port2]);
  const { ok, error } = await answer;
  const took = performance.now() - from;
  port1.close();
  if (!ok) throw new Error(error?.message);
  return took;
}

/** Returns the milliseconds that it takes to delete stored tiles one by one, as a worker without rules must. */
export async function deleteOneByOne(cacheName: string, count: number): Promise<number> {
  const cache = await caches.open(cacheName);
  const body = new Uint8Array(1024);
  for (let at = 0; at < count; at += 100) {
    await Promise.all(
      Array.from({ length: Math.min(100, count - at) }, (_, add) =>
        cache.put(`/tiles/gone/${at + add}.png`, new Response(body)),
      ),
    );
  }
  const from = performance.now();
  for (const request of await cache.keys()) await cache.delete(request);
  const took = performance.now() - from;
  await caches.delete(cacheName);
  return took;
}

/**
 * Returns the milliseconds from a publication until every visible tile has the new version (Infinity if that takes too
 * long), and how often the view was loaded. `message` is the message that the package's client posts after the origin's push.
 */
export async function untilFresh(
  layer: string,
  count: number,
  block: number,
  version: string,
  message?: object,
): Promise<{ ms: number; loads: number }> {
  const urls = tiles(layer, count, block);
  const from = performance.now();
  if (message) await acked(message);
  for (let loads = 1; loads <= 20; loads += 1) {
    const versions = await Promise.all(urls.map(async (url) => (await get(url)).headers.get('x-tile-version')));
    if (versions.every((seen) => seen === version)) return { ms: performance.now() - from, loads };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { ms: Infinity, loads: 20 };
}

/** Returns the bytes that the origin stores according to the browser. */
export const storedBytes = async (): Promise<number> => (await navigator.storage.estimate()).usage ?? 0;

/** Loads the tiles from number `from` up to, but not including, `to`. */
export const load = (layer: string, from: number, to: number): Promise<void> => all(tiles(layer, to).slice(from), 64);
