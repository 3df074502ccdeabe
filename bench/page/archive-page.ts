/// <reference lib="dom" />
// Loads a view from an archive: with the library in the page, or from a layer of the worker. The benchmark calls the exported
// functions as `bench.…`.

import { PMTiles } from 'pmtiles';

/** Registers the worker and waits until it controls the page. */
export async function register(): Promise<void> {
  await navigator.serviceWorker.register('/sw.js');
  if (navigator.serviceWorker.controller) return;
  await new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true }));
}

async function tileAt(url: string): Promise<ArrayBuffer | undefined> {
  const response = await fetch(url);
  return response.status === 200 ? response.arrayBuffer() : undefined;
}

/** Returns the milliseconds until all tiles of a view have arrived. */
export async function view(by: string, name: string, tiles: ReadonlyArray<[number, number, number]>): Promise<number> {
  const archive = new PMTiles(`/data/${name}.pmtiles`);
  const read = {
    pmtiles: async (z: number, x: number, y: number) => (await archive.getZxy(z, x, y))?.data,
    'tile-cache': (z: number, x: number, y: number) => tileAt(`/tiles/${name}/${z}/${x}/${y}.png`),
    // The origin serves tiles of this size under any path. The name of the view makes the URLs of each view different.
    files: (z: number, x: number, y: number) => tileAt(`/tiles/kb12/${name}/${z}/${x}/${y}.png`),
  }[by]!;
  const from = performance.now();
  const bodies = await Promise.all(tiles.map((tile) => read(...tile)));
  const took = performance.now() - from;
  if (bodies.some((bytes) => !bytes?.byteLength)) throw new Error(`${by}: tiles are missing`);
  return took;
}
