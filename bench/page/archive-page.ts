/// <reference lib="dom" />
// A view out of an archive: read by the library in the page, or from a layer of the worker. The benchmark calls
// `export`ed functions as `bench.…`.

import { PMTiles } from 'pmtiles';

/** Registers the worker and waits until it controls the page. */
export async function register(): Promise<void> {
  await navigator.serviceWorker.register('/sw.js');
  if (navigator.serviceWorker.controller) return;
  await new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true }));
}

/** Returns the milliseconds until all tiles of a view have arrived. */
export async function view(by: string, name: string, tiles: ReadonlyArray<[number, number, number]>): Promise<number> {
  const archive = new PMTiles(`/data/${name}.pmtiles`);
  const read = {
    pmtiles: async (z: number, x: number, y: number) => (await archive.getZxy(z, x, y))?.data,
    'tile-cache': async (z: number, x: number, y: number) => {
      const response = await fetch(`/tiles/${name}/${z}/${x}/${y}.png`);
      return response.status === 200 ? response.arrayBuffer() : undefined;
    },
  }[by]!;
  const from = performance.now();
  const bodies = await Promise.all(tiles.map((tile) => read(...tile)));
  const took = performance.now() - from;
  if (bodies.some((bytes) => !bytes?.byteLength)) throw new Error(`${by}: tiles are missing`);
  return took;
}
