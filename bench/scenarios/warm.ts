import { alternate, type Bench, fill } from '../lib/lab';
import { type Metric, metric } from '../lib/results';
import { quantile } from '../lib/stats';
import type { Context, Scenario } from './context';

/**
 * Starts the worker again before it is measured: while other contenders have their turn, the browser stops idle workers,
 * which lose their memory. Loads all tiles if the worker has a memory tier, and otherwise some.
 */
const restart = (bench: Bench, layer: string, count: number) =>
  bench.run('throughput', layer, /^(tile-cache|tracing)/.test(bench.contender.name) ? count : Math.min(count, 64));

const fillAll = async (benches: readonly Bench[], layer: string, count: number) => {
  for (const bench of benches) {
    await bench.page.front();
    await fill(bench, layer, count);
  }
};

function warmTiles(
  { inLab, rounds, labels }: Context,
  title: string,
  layer: string,
  count: number,
  names?: readonly string[],
): Promise<Metric> {
  return inLab(async ({ benches }) => {
    await fillAll(benches, layer, count);
    const values = await alternate(benches, rounds, async (bench) => {
      await restart(bench, layer, count);
      return bench.run('throughput', layer, count);
    });
    const how = `${count.toLocaleString('en')} stored tiles in a random order, 64 requests at once; all loaded once just before.`;
    return metric({ title, unit: 'tiles/s', better: 'more', how }, labels, values);
  }, names);
}

const allContenders = ['none', 'tile-cache', 'store-only', 'swr', 'workbox'];

/** Measures stored tiles, many at once: a working set that fits the memory tier, and one that does not. */
export const warm: Scenario = async (context) => {
  const { quick } = context;
  return {
    warmMemory: await warmTiles(context, 'Warm, working set in memory, 12 KB', 'kb12', quick ? 100 : 600),
    warmStore: await warmTiles(context, 'Warm, 2,000 tiles, memory tier too small, 12 KB', 'kb12', quick ? 200 : 2000, [
      ...allContenders,
      'least',
    ]),
  };
};

/** Measures what the inspector adds to a hit: without it, with it while tracing is off, and while tracing is on. */
export const tracing: Scenario = async (context) => ({
  tracing: await warmTiles(
    context,
    'Tracing off and on, working set in memory, 12 KB',
    'kb12',
    context.quick ? 100 : 600,
    ['tile-cache', 'tracing-off', 'tracing-on'],
  ),
});

/** Measures the same with small and with large tiles. */
export const sizes: Scenario = async (context) => {
  const { quick } = context;
  return {
    warm1: await warmTiles(context, 'Warm, 1 KB', 'kb1', quick ? 100 : 600),
    warm60: await warmTiles(context, 'Warm, 60 KB', 'kb60', quick ? 50 : 200),
  };
};

/** Measures stored tiles, one after the other. */
export const single: Scenario = ({ inLab, rounds, quick, labels }) =>
  inLab(async ({ benches }) => {
    const count = quick ? 100 : 600;
    await fillAll(benches, 'kb12', count);
    const p95s = new Map<string, number[]>(benches.map(({ contender }) => [contender.name, []]));
    const values = await alternate(benches, rounds, async (bench, round) => {
      await restart(bench, 'kb12', count);
      const times = await bench.run<number[]>('single', 'kb12', count, quick ? 20 : 100);
      if (round > 0) p95s.get(bench.contender.name)?.push(quantile(times, 0.95));
      return quantile(times, 0.5);
    });
    const how = `${quick ? 20 : 100} stored tiles of 12 KB a round, one after the other; all loaded once just before.`;
    return {
      single: metric({ title: 'One tile at a time, p50', unit: 'ms', better: 'less', how }, labels, values),
      single95: metric({ title: 'One tile at a time, p95', unit: 'ms', better: 'less', how }, labels, p95s),
    };
  }, allContenders);
