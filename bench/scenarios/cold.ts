import { alternate } from '../lib/lab';
import { metric } from '../lib/results';
import { type Scenario, withLeast } from './context';

/** Measures tiles that no cache has stored, from an origin that answers at once and from one that is 40 ms away. */
export const cold: Scenario = ({ inLab, rounds, quick, labels }) =>
  inLab(async (lab) => {
    const count = quick ? 64 : 320;
    let block = 100;
    const measure = async (delay: number) => {
      block += 100;
      const { benches } = lab;
      for (const { origin } of benches) origin.delay = delay;
      const values = await alternate(benches, rounds, (bench, round) =>
        bench.run('throughput', 'kb12', count, block + round),
      );
      for (const { origin } of benches) origin.delay = 0;
      return metric(
        {
          title: `Cold, origin ${delay} ms away`,
          unit: 'tiles/s',
          better: 'more',
          how: `${count} tiles of 12 KB that nobody has, 64 requests at once.`,
        },
        labels,
        values,
      );
    };
    return { cold: await measure(0), cold40: await measure(40) };
  }, withLeast);
