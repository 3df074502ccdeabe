import type { Env } from '../page/env';
import type { Emitter } from '../page/events';
import { hash } from '../client/on-demand';
import { randomId } from '../page/random-id';
import { RUM_LIMITS, RUM_VIEW_EVENT, type RumBatch, type RumView, type RumViewDetail } from '../shared/rum-schema';
import type { ClientEvents, RumOptions } from '../page/types';
import { createAggregate } from './aggregate';
import { toBatches } from './batches';
import { createDelivering, createHook, type SendBeacon } from './deliver';
import { pagePath } from './page-path';
import { createRumQueue, type RumQueue } from './queue';
import { documentVitals, type Vitals } from './vitals';
import { within } from './within';

/** The parts of the client that measuring needs. */
export interface RumParts {
  env: Env;
  options: RumOptions;
  /** The uses that the worker reported before this file was loaded. */
  early: readonly ClientEvents['used'][];
  on: Emitter<ClientEvents>['on'];
  versions(): Record<string, string>;
  closed: AbortSignal;
}

/** What measuring needs from the browser besides `Env`. Tests pass their own. */
export interface RumDeps {
  sendBeacon: SendBeacon;
  vitals(): Vitals;
  queue(target: string): RumQueue;
}

/**
 * Starts measuring: counts the tile uses that the worker reports for this page, adds the web vitals, and sends both in
 * batches, at intervals and when the page is hidden.
 *
 * Nothing is counted twice. The counts move out of the aggregate into a batch with an id of its own. The batch is then
 * either delivered or stored in the queue, and leaves the queue before it is sent again. If the answer to a batch is
 * lost, the client sends it again with the same id, and the receiver recognises it.
 */
export function startRum({ env, options, early, on, versions, closed }: RumParts, deps: Partial<RumDeps> = {}): void {
  const { endpoint, send, interval = 30, sample = 1, region, experiment } = options;
  const sendBeacon = deps.sendBeacon ?? ((url, body) => navigator.sendBeacon(url, body));
  const delivering = send ? createHook(send) : createDelivering(env, String(endpoint), sendBeacon);
  const queue = (deps.queue ?? ((target) => createRumQueue(target, env.now)))(send ? 'send' : hash(String(endpoint)));
  const frame = { session: randomId(), page: pagePath(env.href), region, experiment, sample };
  const aggregate = createAggregate();
  const vitals = (deps.vitals ?? documentVitals)();
  const views: RumView[] = [];
  let workerOffline = false;
  let draining = false;

  function used({ uses, validations = [] }: ClientEvents['used']): void {
    for (const use of uses) {
      aggregate.add(use);
      vitals.used(use);
    }
    for (const validation of validations) aggregate.validated(validation);
  }

  const offline = () => workerOffline || !env.onLine();

  async function keep(batch: RumBatch): Promise<void> {
    // If storage is broken, these counts are lost, and nothing else fails.
    await queue.put(batch).catch(() => {});
  }

  async function deliver(batch: RumBatch): Promise<void> {
    if (offline() || (await delivering.beacon(batch)) === 'failed') await keep(batch);
  }

  function flush(): Promise<unknown> {
    const batches = toBatches(frame, aggregate.take(), vitals.take(), versions(), env.now(), randomId, views.splice(0));
    return Promise.all(batches.map(deliver));
  }

  /** Sends the queued batches, one at a time, until the first failure. */
  async function drain(): Promise<void> {
    if (draining || offline()) return;
    draining = true;
    try {
      for (let batch = await queue.take(); batch; batch = await queue.take()) {
        if ((await delivering.request(batch)) === 'failed') {
          await keep(batch);
          break;
        }
      }
    } catch {
      // Storage may be broken.
    }
    draining = false;
  }

  let timer = schedule();
  function schedule(): unknown {
    return env.setTimeout(() => {
      void flush().then(drain);
      timer = schedule();
    }, interval * 1000);
  }

  for (const batch of early) used(batch);
  const undo = [
    on('used', used),
    on('notice', ({ notice }) => {
      if (notice === 'offline' || notice === 'online') workerOffline = notice === 'offline';
      if (notice === 'online') void drain();
    }),
  ];
  const until = { signal: closed };
  env.window.addEventListener(
    RUM_VIEW_EVENT,
    (event) => {
      const { on: of, view } = (event as CustomEvent<RumViewDetail>).detail;
      if (of !== on || views.length >= RUM_LIMITS.views) return;
      views.push({ ...view, value: within(view.value, RUM_LIMITS.age) });
      event.preventDefault();
    },
    until,
  );
  env.window.addEventListener('online', () => void drain(), until);
  env.document.addEventListener(
    'visibilitychange',
    () => env.document.visibilityState === 'hidden' && void flush(),
    until,
  );
  // Some browsers close a page without hiding it first.
  env.window.addEventListener('pagehide', () => void flush(), until);
  closed.addEventListener('abort', () => {
    for (const run of undo) run();
    env.clearTimeout(timer);
    void flush();
  });
  void drain();
}
