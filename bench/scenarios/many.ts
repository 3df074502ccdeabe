import { staticFile } from '../../e2e/server/static-file';
import { bundle } from '../contenders/index';
import type { Browser } from '../lib/browser';
import { type Origin, startOrigin } from '../lib/origin';
import { processMemory } from '../lib/process-memory';
import { regionFile, TILE_BYTES, tilesOf } from '../lib/region-data';
import { metric } from '../lib/results';
import type { Scenario } from './context';

const LAYER = 'kb1';
/** Number of tiles that the page loads. */
const SHOWN = 2000;

const labels = new Map([
  ['none', 'no worker, nothing stored, the same tiles looked at'],
  ['tile-cache', 'sw-tile-cache with the region'],
]);

/**
 * Measures a worker with a region of 100,000 tiles of 1 KB: its heap, the memory of all processes, and what the browser
 * stores.
 */
export const many: Scenario = async ({ inLab, quick }) => {
  const side = quick ? 32 : 316;
  const file = await regionFile(LAYER, side);
  const page = await bundle('../page/region-page.ts');
  const worker = await bundle('./region-worker.js');
  const urls = tilesOf(LAYER, side, quick ? 100 : SHOWN);

  /** Loads the tiles in a separate browser, after the worker that stored the region has been stopped and the page reloaded. */
  const look = (ours: boolean) =>
    inLab(async ({ browser }) => {
      const origin = await startOrigin({ '/bench.js': page, ...(ours && { '/sw.js': worker }) }, staticFile(file, {}));
      try {
        return await measure(browser, origin, ours);
      } finally {
        await origin.close();
      }
    }, []);
  const measure = async (browser: Browser, origin: Origin, ours: boolean) => {
    const tab = await browser.newPage(`${origin.url}/`);
    let empty = 0;
    if (ours) {
      await tab.evaluate('bench.register()');
      empty = await tab.evaluate<number>('bench.storedBytes()');
      const tiles = await tab.evaluate<number>(`bench.importRegion('/data/many.pmtiles')`);
      if (tiles !== side * side) throw new Error(`The region has ${tiles} tiles.`);
      await tab.stopWorkers();
      await tab.goto(`${origin.url}/`);
      await tab.evaluate('bench.register()');
    }
    const found = await tab.evaluate<number>(`bench.read(${JSON.stringify(urls)})`);
    if (found !== urls.length) throw new Error(`${urls.length - found} tiles are missing.`);
    const asked = origin.tiles;
    if (ours && asked > 0) throw new Error(`${asked} tiles came from the origin.`);
    await new Promise((resolve) => setTimeout(resolve, quick ? 0 : 2000));
    const session = ours ? await browser.worker(origin.url) : undefined;
    await session?.send('HeapProfiler.collectGarbage');
    const heap = (await session?.send('Runtime.getHeapUsage'))?.usedSize ?? 0;
    await session?.detach();
    const processes = processMemory(browser.profile);
    const storage = (await tab.evaluate<number>('bench.storedBytes()')) / 1e6;
    const removal = ours ? await tab.evaluate<number>(`bench.timeRemoval(${empty})`) : 0;
    return { heap: heap / 1e6, processes, storage, removal };
  };

  const none = await look(false);
  const ours = await look(true);
  const bodies = (side * side * TILE_BYTES) / 1e6;
  const count = (side * side).toLocaleString('en');
  const how = `A region of ${count} tiles of 1 KB, no two alike, imported; after a start, ${urls.length.toLocaleString('en')} tiles all over it were loaded; once, in a browser of its own.`;
  const about = (title: string, unit = 'MB') => ({ title, unit, better: 'less' as const, how });
  return {
    manyHeap: metric(
      about('JavaScript heap of the worker with many tiles stored'),
      labels,
      new Map([['tile-cache', [ours.heap]]]),
    ),
    manyProcesses: metric(
      about('Memory of all processes of the browser with many tiles stored'),
      labels,
      new Map([
        ['none', [none.processes]],
        ['tile-cache', [ours.processes]],
      ]),
    ),
    manyStorage: metric(
      about('Storage that the browser counts for many tiles'),
      new Map([...labels, ['bodies', "the tiles' bytes"]]),
      new Map([
        ['bodies', [bodies]],
        ['tile-cache', [ours.storage]],
      ]),
    ),
    manyRemoval: metric(
      about('Removal of the region until the browser counts 95 % of its space as free', 'ms'),
      labels,
      new Map([['tile-cache', [ours.removal]]]),
    ),
  };
};
