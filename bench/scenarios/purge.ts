import { type Bench, openLab } from '../lib/lab';
import { type Metric, metric } from '../lib/results';
import { quantile } from '../lib/stats';
import type { Context, Scenario } from './context';

const LAYER = 'kb1';
const tilesOf = (count: number) => count.toLocaleString('en');

/** Stores tiles through the worker's own code, from number `from` up to `to`. */
async function store(bench: Bench, from: number, to: number, say: Context['say']): Promise<void> {
  for (let at = from; at < to; at += 2000) {
    await bench.run('load', LAYER, at, Math.min(at + 2000, to));
    if (at % 20_000 === 0 && to - from > 20_000) say(`  ${tilesOf(at)} of ${tilesOf(to)} stored`);
  }
}

/** Returns a box over some of the stored tiles, a different one each time. */
const box = (at: number) => {
  const west = -179.95 + (at % 20) / 100;
  return { type: 'CACHE_INVALIDATE', layer: LAYER, bbox: [west, 84.6, west + 0.05, 84.9] };
};

const purges = async (bench: Bench, count: number) => {
  const times: number[] = [];
  for (let at = 0; at < count; at += 1) times.push(await bench.run('acked', box(at)));
  return times;
};

/** Measures acked invalidations with more and more tiles stored, and how long it takes to delete tiles by key. */
export const purge: Scenario = async ({ contenders, rounds, quick, say }) => {
  const ours = contenders.filter(({ name }) => name === 'tile-cache');
  const lab = await openLab([...ours, ...ours]);
  const [small, big] = lab.benches as [Bench, Bench];
  try {
    const sizes = quick ? [10, 1000] : [10, 1000, 10_000, 100_000];
    const [p50, p95, byKey] = [0, 1, 2].map(() => new Map<string, number[]>()) as [
      Map<string, number[]>,
      Map<string, number[]>,
      Map<string, number[]>,
    ];
    await store(small, 0, 100, say);
    let stored = 0;
    for (const size of sizes) {
      await store(big, stored, size, say);
      stored = size;
      await big.page.front();
      const turns: number[][] = [];
      for (let turn = 0; turn < rounds; turn += 1) turns.push(await purges(big, 20));
      p50.set(
        tilesOf(size),
        turns.map((times) => quantile(times, 0.5)),
      );
      p95.set(
        tilesOf(size),
        turns.map((times) => quantile(times, 0.95)),
      );
      if (size <= 10_000) byKey.set(tilesOf(size), [await small.run('deleteOneByOne', 'by-key', size)]);
    }
    const firstHit = await firstHits([small, big], quick ? 2 : rounds * 2);
    const whole = await big.run('acked', { type: 'CACHE_INVALIDATE', layer: LAYER });
    const most = tilesOf(sizes.at(-1) as number);
    const labels = new Map([...p50.keys()].map((size) => [size, `${size} tiles`]));
    const about = (title: string, how: string) => ({ title, unit: 'ms', better: 'less' as const, how });
    const rules = 'Purges of a box, each until its ack, 20 a round.';
    return {
      purge: metric(about('Purge acked, p50', rules), labels, p50),
      purge95: metric(about('Purge acked, p95', rules), labels, p95),
      purgeByKey: metric(
        about('The same by deleting stored tiles one by one', 'cache.keys() and cache.delete() of each, once.'),
        labels,
        byKey,
      ),
      purgeLayer: metric(
        about('Purge of a whole layer acked', 'Once, with all of them stored.'),
        new Map([[most, `${most} tiles`]]),
        new Map([[most, [whole]]]),
      ),
      firstHit: named(firstHit, most),
    };
  } finally {
    await lab.close();
  }
};

/** Returns the milliseconds of the first hit after a start, with few tiles stored and with many. */
async function firstHits(benches: readonly [Bench, Bench], rounds: number): Promise<[number[], number[]]> {
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    for (const at of (round % 2 ? [0, 1] : [1, 0]) as (0 | 1)[]) {
      const bench = benches[at];
      await bench.page.front();
      await bench.run('single', LAYER, 100, 2, 0);
      await bench.page.stopWorkers();
      const [first] = await bench.run<number[]>('single', LAYER, 100, 1, 0);
      times[at].push(first as number);
    }
  }
  return times;
}

const named = ([few, many]: [number[], number[]], most: string): Metric =>
  metric(
    {
      title: 'First hit after the worker started',
      unit: 'ms',
      better: 'less',
      how: 'One stored tile of 1 KB; the worker starts for it.',
    },
    new Map([
      ['100', '100 tiles stored'],
      [most, `${most} tiles stored`],
    ]),
    new Map([
      ['100', few],
      [most, many],
    ]),
  );
