import type { Binding } from '../adapters/binding';
import { tileKey } from '../adapters/tile-key';
import { TileCacheError } from '../shared/errors';
import type { TileId } from '../shared/tile';
import { gapsOf } from '../vitals/cover';
import { isWelcome } from './allowed';
import { fetchAhead, type Fetched, type TileRequest } from './fetcher';
import { planAround, planTarget } from './plan';
import type { Prefetch, PrefetchOptions, PrefetchTarget } from './types';

/** What prefetching takes from the browser; tests hand in their own. */
export interface PrefetchDeps {
  welcome(): Promise<boolean>;
  fetch(request: TileRequest, signal: AbortSignal): Promise<Fetched>;
  setInterval(run: () => void, ms: number): unknown;
  clearInterval(timer: unknown): void;
}

/** Milliseconds between two looks at the view. */
const LOOK = 250;
/** Failures in a row after which the plan is dropped: the network has other worries. */
const MOST_FAILURES = 3;
/** Tiles that are remembered as fetched. */
const MOST_DONE = 5000;

/** A tile, or an address that goes with one. */
type Item = { key: string; request: () => Promise<TileRequest | undefined> };

/**
 * Fetches what a map is likely to show next, through the worker, which keeps it. While the view is full, and at low
 * priority; what lies around a view is dropped when the view moves. Throws `INVALID_OPTION`.
 */
export function prefetchAround(
  binding: Binding,
  options: PrefetchOptions = {},
  deps: PrefetchDeps = browserDeps(),
): Prefetch {
  const { ring, parents, maxBytes, concurrency } = read(options);
  const { steps, always = false, signal } = options;
  const done = new Set<string>();
  let place = '';
  let around: Item[] = [];
  let target: Item[] = [];
  let tour: Item[] = [];
  let abort = new AbortController();
  let running = 0;
  let failures = 0;
  let bytes = 0;
  let stopped = false;

  const itemOf = (tile: TileId): Item => ({ key: tileKey(tile), request: async () => binding.request(tile) });
  const fresh = (tiles: readonly TileId[]) => tiles.map(itemOf).filter(({ key }) => !done.has(key));

  const stepsOf = async (): Promise<Item[]> => {
    const requests = await Promise.all(binding.tiles().map((tile) => binding.request(tile)));
    return requests.flatMap((request) =>
      request && steps
        ? steps(request.url).map((url) => ({ key: url, request: async () => ({ ...request, url }) }))
        : [],
    );
  };

  async function run(item: Item): Promise<void> {
    running += 1;
    const { signal: of } = abort;
    try {
      const request = await item.request();
      const fetched = request && !of.aborted ? await deps.fetch(request, of) : undefined;
      if (!fetched || of.aborted) return;
      if (fetched === 'failed') {
        if (++failures >= MOST_FAILURES) around = target = [];
        return;
      }
      failures = 0;
      bytes += fetched.bytes;
      done.add(item.key);
      if (done.size > MOST_DONE) done.delete(done.values().next().value!);
    } finally {
      running -= 1;
      void pump();
    }
  }

  let pumping = false;
  async function pump(): Promise<void> {
    if (pumping || stopped || !(target.length + around.length + tour.length)) return;
    pumping = true;
    const welcome = always || (await deps.welcome());
    pumping = false;
    while (welcome && !stopped && running < concurrency && bytes < maxBytes) {
      // Where the map is about to go is more urgent than the rest of where it is.
      const queue = target.length ? target : isFull() ? (around.length ? around : tour) : [];
      const item = queue.shift();
      if (!item) return;
      if (!done.has(item.key)) void run(item);
    }
  }

  const isFull = () => {
    const cover = binding.cover();
    return !!cover?.wanted.length && !gapsOf(cover, () => false).missing && !binding.updating;
  };

  const look = () => {
    const cover = binding.cover();
    if (!cover) return;
    const now = cover.wanted.map(tileKey).join(' ');
    if (now !== place) {
      place = now;
      around = [];
      failures = 0;
      // What is under way for another view would only be in the way of this one.
      if (!target.length) {
        abort.abort();
        abort = new AbortController();
      }
      planned = false;
    }
    if (!planned && isFull()) {
      planned = true;
      around = fresh(planAround(cover, { ring, parents }));
      if (steps) void stepsOf().then((items) => (around.push(...items.filter(({ key }) => !done.has(key))), pump()));
    }
    void pump();
  };
  let planned = false;

  const timer = deps.setInterval(look, LOOK);
  const stop = () => {
    stopped = true;
    deps.clearInterval(timer);
    abort.abort();
    around = target = tour = [];
    signal?.removeEventListener('abort', stop);
  };
  signal?.addEventListener('abort', stop);
  if (signal?.aborted) stop();

  const planOf = (view: PrefetchTarget) => fresh(planTarget(view, binding.cover() ?? { wanted: [], drawn: [] }));
  return {
    target(view) {
      target = planOf(view);
      void pump();
    },
    tour(views) {
      tour = views.flatMap(planOf);
      void pump();
    },
    get bytes() {
      return bytes;
    },
    get pending() {
      return around.length + target.length + tour.length + running;
    },
    stop,
  };
}

function read(options: PrefetchOptions): { ring: number; parents: number; maxBytes: number; concurrency: number } {
  const number = (
    field: 'ring' | 'parents' | 'maxBytes' | 'concurrency',
    fallback: number,
    least: number,
    most: number,
  ) => {
    const value = options[field] ?? fallback;
    if (typeof value === 'number' && value >= least && value <= most) return value;
    throw new TileCacheError({
      code: 'INVALID_OPTION',
      field,
      message: `${field} must be a number from ${least} to ${most}.`,
      remedy: `Correct ${field}.`,
    });
  };
  return {
    ring: number('ring', 1, 0, 4),
    parents: number('parents', 2, 0, 6),
    maxBytes: number('maxBytes', 20_000_000, 0, Infinity),
    concurrency: number('concurrency', 2, 1, 6),
  };
}

function browserDeps(): PrefetchDeps {
  return {
    welcome: () => isWelcome(),
    fetch: (request, signal) => fetchAhead(request, signal),
    setInterval: (run, ms) => setInterval(run, ms),
    clearInterval: (timer) => clearInterval(timer as number),
  };
}
