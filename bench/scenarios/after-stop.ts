import { alternate, fill } from '../lib/lab';
import { metric } from '../lib/results';
import { type Scenario, withLeast } from './context';

/** Measures the first tile after the browser has stopped the worker. */
export const afterStop: Scenario = ({ inLab, rounds, quick, labels }) =>
  inLab(
    async ({ benches }) => {
      for (const bench of benches) await fill(bench, 'kb12', 100, 1);
      const values = await alternate(benches, quick ? rounds : rounds * 3, async (bench) => {
        await bench.run('single', 'kb12', 100, 2, 1);
        await bench.page.stopWorkers();
        const [first] = await bench.run<number[]>('single', 'kb12', 100, 1, 1);
        return first as number;
      });
      return {
        afterStop: metric(
          {
            title: 'First tile after the worker was stopped',
            unit: 'ms',
            better: 'less',
            how: 'One stored tile of 12 KB; the worker starts for it.',
          },
          labels,
          values,
        ),
      };
    },
    [...withLeast, 'as-long'],
  );
