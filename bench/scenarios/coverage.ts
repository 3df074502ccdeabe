import { staticFile } from '../../e2e/server/static-file';
import { bundle } from '../contenders/index';
import { startOrigin } from '../lib/origin';
import { regionFile, screenIn } from '../lib/region-data';
import { metric } from '../lib/results';
import type { Scenario } from './context';

const LAYER = 'kb1';
/** Screens by number of tiles, across and down. */
const SCREENS = { 40: [8, 5], 70: [10, 7], 144: [16, 9] } as const;

/**
 * Measures how long the worker takes to tell which tiles of a screen are available offline, with a region of 100,000 tiles
 * stored.
 */
export const coverage: Scenario = async ({ inLab, rounds, quick }) => {
  const side = quick ? 32 : 316;
  const file = await regionFile(LAYER, side);
  const page = await bundle('../page/region-page.ts');
  const worker = await bundle('./region-worker.js');
  const values = new Map(Object.keys(SCREENS).map((count) => [count, [] as number[]]));
  await inLab(async ({ browser }) => {
    const origin = await startOrigin({ '/bench.js': page, '/sw.js': worker }, staticFile(file, {}));
    try {
      const tab = await browser.newPage(`${origin.url}/`);
      await tab.evaluate('bench.register()');
      await tab.evaluate(`bench.importRegion('/data/many.pmtiles')`);
      await tab.stopWorkers();
      await tab.goto(`${origin.url}/`);
      await tab.evaluate('bench.register()');
      const look = async (place: number, size: readonly [number, number]) => {
        const query = { layer: LAYER, ...screenIn(side, place, size) };
        const { ms, covered } = await tab.evaluate<{ ms: number; covered: number }>(
          `bench.coverage(${JSON.stringify(query)})`,
        );
        if (covered !== size[0] * size[1]) throw new Error(`Of ${size.join(' x ')} tiles ${covered} are covered.`);
        return ms;
      };
      await look(0, SCREENS[40]);
      let place = 0;
      for (let round = 0; round < rounds * 3; round += 1)
        for (const [count, size] of Object.entries(SCREENS)) values.get(count)?.push(await look((place += 1), size));
    } finally {
      await origin.close();
    }
  }, []);
  const title = 'Which tiles of a screen are there without a network';
  const how = `A region of ${(side * side).toLocaleString('en')} tiles of 1 KB; from the page's call to its answer, at another place each time.`;
  const labels = new Map(Object.keys(SCREENS).map((count) => [count, `${count} tiles on the screen`]));
  return { coverage: metric({ title, unit: 'ms', better: 'less', how }, labels, values) };
};
