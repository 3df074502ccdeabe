import { fill, type Lab } from '../lib/lab';
import { type Metric, metric } from '../lib/results';
import type { Context, Scenario } from './context';
import { manifest } from './publish';

const COUNT_TRANSACTIONS = `(() => {
  const begin = IDBDatabase.prototype.transaction;
  self.benchTransactions = 0;
  IDBDatabase.prototype.transaction = function (...args) { self.benchTransactions += 1; return begin.apply(this, args); };
})()`;

/** Measures what reaches the origin and IndexedDB during 1,000 hits while nothing changes. */
export const quiet: Scenario = (context) =>
  context.inLab(async (lab) => ({
    originRequests: await requests(lab, context, 'kb12', 'Origin requests of 1,000 hits, origin allows a day'),
    originRequestsLive: await requests(lab, context, 'live', 'Origin requests of 1,000 hits, origin allows nothing'),
    transactions: await transactions(lab, context),
  }));

async function requests(lab: Lab, { labels, quick }: Context, layer: string, title: string): Promise<Metric> {
  const hits = quick ? 100 : 1000;
  const values = new Map<string, number[]>();
  for (const bench of lab.benches) {
    const { contender, origin, page, run } = bench;
    await page.front();
    if (layer === 'live' && contender.name === 'tile-cache') await run('acked', manifest(origin.version));
    // The other contenders request each tile of `live` every time, so more than two passes would change nothing.
    await fill(bench, layer, hits, 7, layer === 'live' && contender.name !== 'tile-cache' ? 2 : 6);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const before = origin.tiles;
    await run('throughput', layer, hits, 7);
    values.set(contender.name, [((origin.tiles - before) / hits) * 1000]);
  }
  return metric({ title, unit: 'requests', better: 'less', how: 'Counted at the origin, once.' }, labels, values);
}

/** Counts transactions in the worker itself: during the hits, and in the five seconds after them. */
async function transactions(lab: Lab, { quick }: Context): Promise<Metric> {
  const { page, origin, run, ...bench } = lab.of('tile-cache');
  const hits = quick ? 100 : 1000;
  await page.front();
  await fill({ page, origin, run, ...bench }, 'kb12', hits, 7);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const worker = await lab.browser.worker(origin.url);
  if (!worker) throw new Error('The worker does not run.');
  await worker.evaluate(COUNT_TRANSACTIONS);
  await run('throughput', 'kb12', hits, 7);
  const during = await worker.evaluate<number>('self.benchTransactions');
  await new Promise((resolve) => setTimeout(resolve, quick ? 1000 : 5000));
  const behind = (await worker.evaluate<number>('self.benchTransactions')) - during;
  await worker.detach();
  return metric(
    {
      title: 'IndexedDB transactions of 1,000 hits',
      unit: 'transactions',
      better: 'less',
      how: 'Counted in the worker, once.',
    },
    new Map([
      ['during', 'while they are answered'],
      ['behind', 'written behind, in the 5 s after'],
    ]),
    new Map([
      ['during', [during]],
      ['behind', [behind]],
    ]),
  );
}
