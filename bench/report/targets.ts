import type { Metric, Target } from '../lib/results';
import { number, times } from './format';

type Metrics = Readonly<Record<string, Metric>>;

const OURS = 'tile-cache';

const row = (metrics: Metrics, metric: string, name: string) =>
  metrics[metric]?.rows.find((candidate) => candidate.name === name);
const median = (metrics: Metrics, metric: string, name: string) => row(metrics, metric, name)?.figure.median;
const toBase = (metrics: Metrics, metric: string) => row(metrics, metric, OURS)?.ratio?.median;

/** Returns how many times as fast as the base this package is. */
function asFast(metrics: Metrics, metric: string): number | undefined {
  const ratio = toBase(metrics, metric);
  return ratio === undefined ? undefined : 1 / ratio;
}

const offCost = (metrics: Metrics) => row(metrics, 'hitCost', 'tracing-off')?.ratio?.median;

/** Returns the ratio of this package to another contender, by medians of the same rounds. */
const to = (metrics: Metrics, metric: string, other: string) => between(metrics, metric, OURS, other);

/** Returns the ratio of one contender to another. */
function between(metrics: Metrics, metric: string, one: string, other: string): number | undefined {
  const [a, b] = [median(metrics, metric, one), median(metrics, metric, other)];
  return a === undefined || b === undefined ? undefined : a / b;
}

/** Returns the ratio of the last row to the first: the cost of size. */
function growth(metrics: Metrics, metric: string): number | undefined {
  const rows = metrics[metric]?.rows;
  const [few, many] = [rows?.[0], rows?.at(-1)];
  return few && many && few !== many ? many.figure.median / few.figure.median : undefined;
}

const ofTour = (metrics: Metrics, metric: string) => row(metrics, metric, 'with')?.ratio?.median;

function laterBy(metrics: Metrics): number | undefined {
  const [before, after] = ['without', 'with'].map((name) => median(metrics, 'tourTiles', name));
  return before === undefined || after === undefined ? undefined : Math.max(0, after - before);
}

const atLeast = (goal: string, value: number | undefined, limit: number): Target[] =>
  value === undefined ? [] : [{ goal, limit: `at least ${limit}x`, measured: times(value), met: value >= limit }];
const atMost = (goal: string, value: number | undefined, limit: number): Target[] =>
  value === undefined ? [] : [{ goal, limit: `at most ${limit}x`, measured: times(value), met: value <= limit }];
const countAtMost = (goal: string, value: number | undefined, limit: number): Target[] =>
  value === undefined ? [] : [{ goal, limit: `at most ${limit}`, measured: number(value), met: value <= limit }];

/** Checks the package's promises about speed against the measurements. */
export function targets(metrics: Metrics): Target[] {
  return [
    ...atLeast('hot tiles a second, to the HTTP cache', toBase(metrics, 'warmMemory'), 1),
    ...atLeast('2,000 stored tiles a second, to the HTTP cache', toBase(metrics, 'warmStore'), 1),
    ...atLeast('2,000 stored tiles a second, to the least worker', to(metrics, 'warmStore', 'least'), 0.9),
    ...atLeast('hot tiles a second, to Workbox', to(metrics, 'warmMemory', 'workbox'), 4),
    ...atLeast('2,000 stored tiles a second, to Workbox', to(metrics, 'warmStore', 'workbox'), 4),
    ...atLeast('hot tiles a second, to the hand-written worker', to(metrics, 'warmMemory', 'swr'), 3),
    ...atLeast('2,000 stored tiles a second, to the hand-written worker', to(metrics, 'warmStore', 'swr'), 3),
    ...atLeast('cold tiles a second, origin near, to no worker', toBase(metrics, 'cold'), 0.8),
    ...atLeast('cold tiles a second, origin near, to Workbox', to(metrics, 'cold', 'workbox'), 1),
    ...atLeast('cold tiles a second, origin near, to the hand-written worker', to(metrics, 'cold', 'swr'), 1),
    ...atLeast('cold tiles a second, origin near, to the least worker', to(metrics, 'cold', 'least'), 0.9),
    ...atMost('a step of a cold pan and zoom (p50), to no worker', toBase(metrics, 'stormCold'), 1.1),
    ...atMost('a step of a cold pan and zoom (p50), to the least worker', to(metrics, 'stormCold', 'least'), 1.1),
    ...atMost('one tile at a time (p50), to the HTTP cache', toBase(metrics, 'single'), 1.2),
    ...atMost('first tile after a stop, to the HTTP cache', toBase(metrics, 'afterStop'), 5),
    ...atMost('first tile after a stop, to a worker that only calls fetch', to(metrics, 'afterStop', 'bare'), 1.1),
    ...atMost('first tile after a stop, to the least worker', to(metrics, 'afterStop', 'least'), 1.1),
    ...atMost(
      'first tile after a stop, to the least worker with a script as long',
      to(metrics, 'afterStop', 'as-long'),
      1.1,
    ),
    ...atMost('purge with the most tiles stored, to one of 10', growth(metrics, 'purge'), 2),
    ...countAtMost('ms for a publication that names a million tiles', median(metrics, 'lists', '1,000,000'), 50),
    ...atMost('first hit after a start with the most tiles stored, to 100', growth(metrics, 'firstHit'), 1.2),
    ...countAtMost('MB of the worker’s heap with a region of 100,000 tiles', median(metrics, 'manyHeap', OURS), 24),
    ...atMost('memory of all processes with it, to no worker', toBase(metrics, 'manyProcesses'), 1.3),
    ...atMost('storage of 100,000 tiles of 1 KB, to their bytes', toBase(metrics, 'manyStorage'), 1.25),
    ...countAtMost(
      'ms until 95 % of the space of a removed region is free',
      median(metrics, 'manyRemoval', OURS),
      5000,
    ),
    ...atMost(
      'storing 10,000 tiles in packs, to one entry each',
      row(metrics, 'storing', 'import')?.ratio?.median,
      0.1,
    ),
    ...atMost(
      'storing 10,000 tiles in packs, to the least worker that writes as many bytes in packs',
      between(metrics, 'storing', 'import', 'packs'),
      1.1,
    ),
    ...atMost(
      'storing 10,000 tiles of a region that is downloaded, to one entry each',
      row(metrics, 'storing', 'save')?.ratio?.median,
      0.1,
    ),
    ...atMost(
      'storing 10,000 tiles of a region that is downloaded, to the least worker that loses no counted tile',
      between(metrics, 'storing', 'save', 'durable'),
      1.1,
    ),
    ...countAtMost('ms until it is known which of 70 tiles are there offline', median(metrics, 'coverage', '70'), 16),
    ...countAtMost('ms until it is known which of 144 tiles are there offline', median(metrics, 'coverage', '144'), 16),
    ...countAtMost(
      'IndexedDB transactions while 1,000 hits are answered',
      median(metrics, 'transactions', 'during'),
      0,
    ),
    ...atMost('blank tile-seconds of a tour with prefetching, to without', ofTour(metrics, 'tourBlank'), 0.2),
    ...atMost('bytes of a tour with prefetching, to without', ofTour(metrics, 'tourBytes'), 1.3),
    ...countAtMost('ms by which visible tiles come later with prefetching (p95)', laterBy(metrics), 5),
    ...atMost('view out of an archive, first time, to pmtiles.js', toBase(metrics, 'archiveCold'), 1.1),
    ...atLeast('view out of an archive after a reload, times as fast as pmtiles.js', asFast(metrics, 'archiveWarm'), 3),
    ...atMost(
      'the same from a host that says nothing of caching, first time',
      toBase(metrics, 'archiveColdUnsaid'),
      1.1,
    ),
    ...atLeast(
      'the same from a host that says nothing of caching, after a reload',
      asFast(metrics, 'archiveWarmUnsaid'),
      3,
    ),
    ...atMost(
      'the same, to tiles that are files of their own in the HTTP cache',
      to(metrics, 'archiveWarmUnsaid', 'files'),
      1.1,
    ),
    ...atMost('a hit inside a worker with its inspector, tracing off, to one without', offCost(metrics), 1.01),
    ...countAtMost('origin requests of 1,000 hits', median(metrics, 'originRequests', OURS), 1),
    ...countAtMost(
      'origin requests of 1,000 hits, max-age=0 with a version',
      median(metrics, 'originRequestsLive', OURS),
      1,
    ),
  ];
}
