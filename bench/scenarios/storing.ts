import { staticFile } from '../../e2e/server/static-file';
import { bundle } from '../contenders/index';
import type { Page } from '../lib/browser';
import { startOrigin } from '../lib/origin';
import { boundsOf, regionFile, ZOOM } from '../lib/region-data';
import { metric } from '../lib/results';
import type { Scenario } from './context';

const LAYER = 'kb12';
const BYTES = 12 * 1024;

/** Measures what it costs to store a region's tiles, without their origin. */
export const storing: Scenario = async ({ inLab, rounds, quick }) => {
  const side = quick ? 20 : 100;
  const file = await regionFile(LAYER, side, BYTES);
  const page = await bundle('../page/region-page.ts');
  const worker = await bundle('./storing-worker.js');
  const layers = [{ layer: LAYER, template: `/tiles/${LAYER}/{z}/{x}/{y}.png` }];
  const spec = { id: 'stored', layers, bounds: boundsOf(side), zooms: [ZOOM, ZOOM] };
  const ways: Record<string, (tab: Page) => Promise<number>> = {
    puts: (tab) => tab.evaluate<number>(`bench.timePuts('putAll', ${side * side})`),
    packs: (tab) => tab.evaluate<number>(`bench.timePuts('putPacks', ${side * side})`),
    durable: (tab) => tab.evaluate<number>(`bench.timePuts('putDurably', ${side * side})`),
    import: (tab) => tab.evaluate<number>(`bench.timeImport('/data/many.pmtiles')`),
    save: (tab) => tab.evaluate<number>(`bench.timeSave(${JSON.stringify(spec)})`),
  };
  const values = new Map(Object.keys(ways).map((name) => [name, [] as number[]]));
  await inLab(async ({ browser }) => {
    const origin = await startOrigin({ '/bench.js': page, '/sw.js': worker }, staticFile(file, {}));
    try {
      const tab = await browser.newPage(`${origin.url}/`);
      await tab.evaluate('bench.register()');
      for (let round = 0; round < Math.ceil(rounds / 3); round += 1)
        for (const [name, time] of Object.entries(ways)) values.get(name)?.push((await time(tab)) / 1000);
    } finally {
      await origin.close();
    }
  }, []);
  const count = (side * side).toLocaleString('en');
  return {
    storing: metric(
      {
        title: 'Storing the tiles of a region',
        unit: 's',
        better: 'less',
        how: `${count} tiles of 12 KB, no two alike; their origin is inside of the worker and answers at once.`,
      },
      new Map([
        ['puts', 'one entry of Cache Storage for each tile, six at once'],
        ['packs', 'the least worker that writes as many bytes in packs of 256 tiles'],
        ['durable', 'the least worker that loses no counted tile: three at once in IndexedDB, then in packs'],
        ['import', 'a region out of an exported file: packs of 256 tiles'],
        ['save', 'a region that is downloaded: each tile is durable before it counts'],
      ]),
      values,
    ),
  };
};
