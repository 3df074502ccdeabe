/// <reference lib="dom" />
// A page whose map lies in an offline region. The benchmark calls `export`ed functions as `bench.…`.

import { createTileCacheClient, type CoverageQuery, type TileCacheClient } from '../../src/index';

let client: TileCacheClient;

/** Registers the worker and waits until it controls the page. */
export async function register(): Promise<void> {
  client = await createTileCacheClient({ serviceWorker: '/sw.js' });
  if (navigator.serviceWorker.controller) return;
  await new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true }));
}

/** Creates a region from an exported file. Returns the number of its tiles. */
export async function importRegion(url: string): Promise<number> {
  const file = await (await fetch(url)).blob();
  return (await client.regions.import(file)).info.tiles;
}

/** Loads these tiles one after another. Returns how many were there. */
export async function read(urls: readonly string[]): Promise<number> {
  let found = 0;
  for (const url of urls) {
    const response = await fetch(url);
    if (response.ok && (await response.arrayBuffer()).byteLength > 0) found += 1;
  }
  return found;
}

/** Returns the milliseconds that a coverage query takes, and how many tiles are covered. */
export async function coverage(query: CoverageQuery): Promise<{ ms: number; covered: number }> {
  const begun = performance.now();
  const tiles = await client.coverage(query);
  return { ms: performance.now() - begun, covered: tiles.filter(({ covered }) => covered).length };
}

/** Bytes that the origin stores, as the browser counts them. */
export const storedBytes = async (): Promise<number> => (await navigator.storage.estimate()).usage ?? 0;
