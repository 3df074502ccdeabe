import { alternate } from '../lib/lab';
import { metric } from '../lib/results';
import { quantile } from '../lib/stats';
import { type Scenario, withLeast } from './context';

/** Measures a map that pans and zooms along a path: first over a new area, then back over the same one. */
export const storm: Scenario = ({ inLab, rounds, quick, labels }) =>
  inLab(async ({ benches }) => {
    const steps = quick ? 20 : 80;
    const empty = () => new Map<string, number[]>(benches.map(({ contender }) => [contender.name, []]));
    const [cold95, warm95] = [empty(), empty()];
    const cold = empty();
    const values = await alternate(benches, rounds, async (bench, round) => {
      const { name } = bench.contender;
      bench.origin.delay = 40;
      const first = await bench.run<number[]>('storm', 'kb12', steps, round);
      const again = await bench.run<number[]>('storm', 'kb12', steps, round);
      bench.origin.delay = 0;
      if (round > 0) {
        cold.get(name)?.push(quantile(first, 0.5));
        cold95.get(name)?.push(quantile(first, 0.95));
        warm95.get(name)?.push(quantile(again, 0.95));
      }
      return quantile(again, 0.5);
    });
    const how = `${steps} steps of a fixed path over a map of 1024 x 768; the time of a step until its last tile is there; origin 40 ms away.`;
    const about = (title: string) => ({ title, unit: 'ms', better: 'less' as const, how });
    return {
      stormCold: metric(about('Pan and zoom, first time, a step p50'), labels, cold),
      stormCold95: metric(about('Pan and zoom, first time, a step p95'), labels, cold95),
      stormWarm: metric(about('Pan and zoom, again, a step p50'), labels, values),
      stormWarm95: metric(about('Pan and zoom, again, a step p95'), labels, warm95),
    };
  }, withLeast);
