/// <reference lib="dom" />
// A page whose map lies in an offline region. The benchmark calls the exported functions as `bench.…`.

import { createTileCacheClient, type CoverageQuery, type RegionSpec, type TileCacheClient } from '../../src/index';

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

/** Returns the milliseconds that it takes to import a region from a file, without the download of the file. */
export async function timeImport(url: string): Promise<number> {
  const file = await (await fetch(url)).blob();
  const begun = performance.now();
  const { id } = await client.regions.import(file);
  const took = performance.now() - begun;
  await client.regions.remove(id);
  return took;
}

/** Returns the milliseconds until a region is complete. */
export async function timeSave(spec: RegionSpec): Promise<number> {
  const begun = performance.now();
  const region = await client.regions.save(spec);
  await region.complete;
  const took = performance.now() - begun;
  await region.remove();
  return took;
}

/** Returns the milliseconds that the worker takes to store this many tiles without this package. */
export const timePuts = (way: 'putAll' | 'putPacks' | 'putDurably', count: number): Promise<number> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(data as number);
    navigator.serviceWorker.controller!.postMessage({ way, count }, [port2]);
  });

/** Bytes that the logs of databases may occupy, however small the region was. */
const LOGS = 500_000;

/**
 * Removes the only region. Resolves with the milliseconds until the browser reports 95 % of the region's bytes as free.
 * `before`: the bytes that were stored before the region.
 */
export async function timeRemoval(before: number): Promise<number> {
  const [region] = await client.regions.list();
  const limit = before + Math.max(0.05 * ((await storedBytes()) - before), LOGS);
  const begun = performance.now();
  await client.regions.remove(region!.id);
  while ((await storedBytes()) > limit) {
    if (performance.now() - begun > 60_000) throw new Error(`${await storedBytes()} bytes are left, not ${limit}.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return performance.now() - begun;
}

/** Loads these tiles one after another. Returns how many were available. */
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

/** Returns the bytes that the origin stores according to the browser. */
export const storedBytes = async (): Promise<number> => (await navigator.storage.estimate()).usage ?? 0;
