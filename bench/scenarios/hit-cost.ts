import { bundle } from '../contenders/index';
import { startOrigin } from '../lib/origin';
import { metric } from '../lib/results';
import type { Scenario } from './context';

const labels = new Map([
  ['without', 'without the inspector'],
  ['again', 'the same once more: what the measurement itself is off'],
  ['tracing-off', 'with it, tracing off'],
  ['tracing-on', 'with it, tracing on'],
]);
/** Number of times that each of the 200 tiles is answered in a turn. */
const TIMES = 10;

/**
 * Measures what the inspector adds to a hit. Measures inside the worker, because the browser's own cost of a request is many
 * times as high and would hide the difference.
 */
export const hitCost: Scenario = ({ inLab, rounds, quick }) =>
  inLab(async ({ browser }) => {
    const page = await bundle('../page/archive-page.ts');
    const origin = await startOrigin({ '/bench.js': page, '/sw.js': await bundle('./hit-cost-worker.js') });
    try {
      const tab = await browser.newPage(`${origin.url}/`);
      await tab.evaluate('bench.register()');
      const worker = await browser.worker(origin.url);
      if (!worker) throw new Error('The worker does not run.');
      const names = [...labels.keys()];
      for (const name of ['filler', ...names])
        for (let pass = 0; !(await worker.evaluate<boolean>(`areHits('${name}')`)); pass += 1)
          if (pass > 5) throw new Error(`${name}: tiles are no hits.`);
      const values = new Map<string, number[]>(names.map((name) => [name, []]));
      const turns = quick ? 2 : rounds * 12;
      // The turns below 0 are a warm-up, because the engine compiles code that runs often.
      for (let turn = -4; turn < turns; turn += 1) {
        const first = (turn + names.length) % names.length;
        for (const name of [...names.slice(first), ...names.slice(0, first)]) {
          // Collect garbage first, so that a turn does not pay for that of the previous one.
          await worker.send('HeapProfiler.collectGarbage');
          const took = await worker.evaluate<number>(`hits('${name}', ${TIMES})`);
          if (turn >= 0) values.get(name)?.push(took);
        }
      }
      await worker.detach();
      const how = `${200 * TIMES} hits a turn on 200 tiles of 12 KB in the worker's memory, from the request to the response, without what the browser does around it.`;
      return {
        hitCost: metric({ title: 'A hit inside the worker', unit: 'µs', better: 'less', how }, labels, values),
      };
    } finally {
      await origin.close();
    }
  }, []);
