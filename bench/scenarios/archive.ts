import { staticFile, type StaticFile } from '../../e2e/server/static-file';
import { bundle } from '../contenders/index';
import { archiveBytes, viewOf } from '../lib/archive-data';
import { alternate, type Bench } from '../lib/lab';
import type { Browser } from '../lib/browser';
import { type Origin, startOrigin } from '../lib/origin';
import { type Metric, metric } from '../lib/results';
import type { Scenario } from './context';

const DELAY = 40;
/** Views per round. */
const VIEWS = 3;
/** Milliseconds between two views. The worker writes tiles in this time. */
const LOOK = 1000;

const labels = new Map([
  ['pmtiles', 'pmtiles.js (HTTP cache)'],
  ['tile-cache', 'sw-tile-cache'],
  // The lower limit: tiles without an archive and without a worker.
  ['files', 'no archive: a file for each tile (HTTP cache)'],
]);

/** The `Cache-Control` of hosts. The second one is for hosts without any configuration. */
const HOSTS = [
  { suffix: '', knobs: { cacheControl: 'no-cache' }, kind: '', says: 'that wants to be asked (no-cache)' },
  {
    suffix: 'Unsaid',
    knobs: {},
    kind: ' from a host that says nothing of caching',
    says: 'that says nothing of caching (the file is an hour old)',
  },
];

/** Measures views from a PMTiles archive on a static host: a first view, and the same view after a reload. */
export const archive: Scenario = async ({ inLab, rounds, quick }) => {
  const bytes = await archiveBytes();
  const views = quick ? 1 : VIEWS;
  const worker = await bundle('./archive-worker.js', { __ARCHIVES__: String((rounds + 1) * views) });
  const page = await bundle('../page/archive-page.ts');
  const metrics: Record<string, Metric> = {};
  for (const { suffix, knobs, kind, says } of HOSTS) {
    const measured = await inLab(async ({ browser }) => {
      const benches: Bench[] = [];
      try {
        for (const name of labels.keys()) {
          const file = staticFile(bytes, knobs);
          file.modified = new Date(Date.now() - 3_600_000).toUTCString();
          benches.push(await openBench(browser, name, { page, worker, file }));
        }
        return await measure(benches, rounds, views, says);
      } finally {
        await Promise.all(benches.map(({ origin }) => origin.close()));
      }
    }, []);
    for (const [name, metric] of Object.entries(measured))
      metrics[name + suffix] = { ...metric, title: metric.title + kind };
  }
  return metrics;
};

const requestsOf = ({ parts, tiles }: Origin) => parts + tiles;

async function openBench(
  browser: Browser,
  name: string,
  { page: script, worker, file }: { page: string; worker: string; file: StaticFile },
): Promise<Bench> {
  const ours = name === 'tile-cache';
  const origin = await startOrigin({ '/bench.js': script, ...(ours && { '/sw.js': worker }) }, file);
  const page = await browser.newPage(`${origin.url}/`);
  const run: Bench['run'] = (called, ...args) => page.evaluate(`bench.${called}(...${JSON.stringify(args)})`);
  if (ours) await run('register');
  const contender = { name, label: labels.get(name)!, worker: ours ? worker : undefined, client: false };
  return { contender, origin, page, run };
}

async function measure(
  benches: readonly Bench[],
  rounds: number,
  views: number,
  says: string,
): Promise<Record<string, Metric>> {
  const empty = () => new Map<string, number[]>(benches.map(({ contender }) => [contender.name, []]));
  const [warm, coldRequests, warmRequests] = [empty(), empty(), empty()];
  const cold = await alternate(benches, rounds, async ({ contender: { name }, origin, page, run }, round) => {
    origin.delay = DELAY;
    const times: number[] = [];
    for (let at = 0; at < views; at += 1) {
      const number = round * views + at;
      const look = async () => {
        // Reload, so that the page has nothing in memory.
        await page.goto(`${origin.url}/`);
        const before = requestsOf(origin);
        const took = await run('view', name, `a${number}`, viewOf(number));
        await new Promise((resolve) => setTimeout(resolve, LOOK));
        return { took, requests: requestsOf(origin) - before };
      };
      const [first, again] = [await look(), await look()];
      times.push(first.took);
      if (round === 0) continue;
      coldRequests.get(name)?.push(first.requests);
      warm.get(name)?.push(again.took);
      warmRequests.get(name)?.push(again.requests);
    }
    return times;
  });
  const how = `20 tiles of 12 KB out of an archive of 12,240 on a static host, ${DELAY} ms away, ${says}`;
  const about = (title: string, unit: string, more: string) => ({
    title,
    unit,
    better: 'less' as const,
    how: `${how}; ${more}.`,
  });
  return {
    archiveCold: metric(about('View out of an archive, first time', 'ms', 'nothing of it stored'), labels, cold),
    archiveWarm: metric(about('View out of an archive, after a reload', 'ms', 'the page loaded again'), labels, warm),
    archiveColdRequests: metric(
      about('Requests of a view out of an archive, first time', 'requests', 'counted at the host'),
      labels,
      coldRequests,
    ),
    archiveWarmRequests: metric(
      about('Requests of a view out of an archive, after a reload', 'requests', 'counted at the host'),
      labels,
      warmRequests,
    ),
  };
}
