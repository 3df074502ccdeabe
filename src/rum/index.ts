import type { Env } from '../page/env';
import type { Emitter } from '../page/events';
import { RUM_LIMITS, RUM_VIEW_EVENT, type RumView, type RumViewDetail } from '../shared/rum-schema';
import type { ClientEvents, RumOptions } from '../page/types';
import { createAggregate } from './aggregate';
import { toBatches } from './batches';
import { createDelivering, createHook, type SendBeacon } from './deliver';
import { pagePath } from './page-path';
import { createOutbox } from './outbox';
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
  /** Passed in: a bundler would put code that two scripts on demand import into a third script. */
  tools: Pick<typeof import('../client/on-demand'), 'hash' | 'isRefusedStatus' | 'randomId'>;
  versions(): Record<string, string>;
  /** True while the page knows of no network. */
  offline(): boolean;
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
export function startRum(parts: RumParts, deps: Partial<RumDeps> = {}): void {
  const { env, options, early, on, versions, offline, closed, tools } = parts;
  const { endpoint, send, interval = 30, sample = 1, region, experiment } = options;
  const sendBeacon = deps.sendBeacon ?? ((url, body) => navigator.sendBeacon(url, body));
  const delivering = send ? createHook(send) : createDelivering(env, String(endpoint), sendBeacon);
  const queue = (deps.queue ?? ((target) => createRumQueue(target, env.now)))(
    send ? 'send' : tools.hash(String(endpoint)),
  );
  const { deliver, drain } = createOutbox(delivering, queue, offline);
  const frame = { session: tools.randomId(), page: pagePath(env.href), region, experiment, sample };
  const aggregate = createAggregate(tools.isRefusedStatus);
  const vitals = (deps.vitals ?? documentVitals)();
  const views: RumView[] = [];

  function used({ uses, validations = [] }: ClientEvents['used']): void {
    for (const use of uses) {
      aggregate.add(use);
      vitals.used(use);
    }
    for (const validation of validations) aggregate.validated(validation);
  }

  function flush(): Promise<unknown> {
    const batches = toBatches(
      frame,
      aggregate.take(),
      vitals.take(),
      versions(),
      env.now(),
      tools.randomId,
      views.splice(0),
    );
    return Promise.all(batches.map(deliver));
  }

  let timer = schedule();
  function schedule(): unknown {
    return env.setTimeout(() => {
      void flush().then(drain);
      timer = schedule();
    }, interval * 1000);
  }

  for (const batch of early) used(batch);
  const undo = [on('used', used), on('notice', ({ notice }) => void (notice === 'online' && drain()))];
  const until = { signal: closed };
  env.window.addEventListener(RUM_VIEW_EVENT, (event) => takeView(views, on, event as CustomEvent), until);
  env.window.addEventListener('online', () => void drain(), until);
  whenHidden(env, () => void flush(), until);
  closed.addEventListener('abort', () => {
    for (const run of undo) run();
    env.clearTimeout(timer);
    void flush();
  });
  void drain();
}

/** Adds the view that an event tells of, if it is one of this client's and there is room for it. */
function takeView(views: RumView[], own: RumParts['on'], event: CustomEvent<RumViewDetail>): void {
  const { on, view } = event.detail;
  if (on !== own || views.length >= RUM_LIMITS.views) return;
  views.push({ ...view, value: within(view.value, RUM_LIMITS.age) });
  event.preventDefault();
}

function whenHidden({ document, window }: Env, run: () => void, until: { signal: AbortSignal }): void {
  document.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && run(), until);
  // Some browsers close a page without hiding it first.
  window.addEventListener('pagehide', run, until);
}
