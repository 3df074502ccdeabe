import { bundle } from '../contenders/index';
import { layers, startOrigin } from '../lib/origin';
import { metric } from '../lib/results';
import { quantile } from '../lib/stats';
import type { TourResult } from '../page/tour-page';
import type { Scenario } from './context';

/** Maximum number of rounds. Each takes more than two minutes. */
const MOST_ROUNDS = 3;
const DELAY = 150;

const labels = new Map([
  ['without', 'without prefetching'],
  ['with', 'with sw-tile-cache/prefetch'],
]);

/** Measures a Leaflet map on a scripted tour over an area that nobody has visited, with and without prefetching. */
export const prefetch: Scenario = async ({ inLab, rounds, quick, contenders }) => {
  const worker = contenders.find(({ name }) => name === 'tile-cache')?.worker ?? '';
  const page = await bundle('../page/tour-page.ts');
  const [steps, dwell] = quick ? [4, 300] : [60, 1000];
  return inLab(
    async ({ browser }) => {
      const values = () => new Map<string, number[]>([...labels.keys()].map((name) => [name, []]));
      const [blank, bytes, times] = [values(), values(), values()];
      for (let round = 0; round < Math.min(rounds, MOST_ROUNDS); round += 1) {
        for (const name of round % 2 ? ['with', 'without'] : ['without', 'with']) {
          // Use a new origin, so that nothing is stored yet.
          const origin = await startOrigin({ '/bench.js': page, '/sw.js': worker });
          origin.delay = DELAY;
          const tab = await browser.newPage(`${origin.url}/`);
          await tab.front();
          const result = await tab.evaluate<TourResult>(`bench.tour(${name === 'with'}, ${steps}, ${dwell})`);
          blank.get(name)?.push(result.blank);
          times.get(name)?.push(quantile(result.times, 0.95));
          bytes.get(name)?.push((origin.tiles * layers.image.bytes) / 1000);
          await tab.close();
          await origin.close();
        }
      }
      const how = `${steps} steps of 0.6 tiles over a Leaflet map of 1024 x 768, a zoom in (animated) or out (at once) after each ten, ${dwell} ms each; tiles of 12 KB, origin ${DELAY} ms away, nothing stored.`;
      const about = (title: string, unit: string) => ({ title, unit, better: 'less' as const, how });
      return {
        tourBlank: metric(about('Tour, blank tiles', 'tile-seconds'), labels, blank),
        tourBytes: metric(about('Tour, bytes from the origin', 'KB'), labels, bytes),
        tourTiles: metric(about('Tour, a visible tile, p95', 'ms'), labels, times),
      };
    },
    ['tile-cache'],
  );
};
