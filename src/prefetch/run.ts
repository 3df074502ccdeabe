import type { Binding } from '../adapters/binding';
import type { MapView } from '../adapters/supply';
import { createAsker, type AskTools } from './ask';
import { createBackOff } from './back-off';
import { createBudget } from './budget';
import { createInFlight } from './in-flight';
import { createLessons } from './lessons';
import { type Conditions, obstacleIn } from './obstacle';
import { createOutlook } from './outlook';
import type { Obstacle, Prefetch, PrefetchOptions } from './types';
import { watchView, type View } from './watch-view';

/** The parts of the browser that prefetching uses; tests replace them. */
export interface PrefetchEnv extends AskTools {
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
  random(): number;
  conditions(): Conditions;
  /** Calls back when the conditions may have changed. Returns a function that unsubscribes. */
  onConditions(run: () => void): () => void;
}

/** Milliseconds without movement after which a map is at rest. */
const SETTLE = 100;
/** Milliseconds between two looks at an incomplete view: at first, and after some seconds. */
const LOOK = [200, 1000] as const;
const AT_FIRST = 5000;

/**
 * Prefetches for a binding until it is stopped: within a limit of concurrent requests, and only while nothing is in the
 * way.
 */
export function runPrefetch(
  binding: Binding,
  options: Required<Omit<PrefetchOptions, 'signal'>>,
  env: PrefetchEnv,
): Prefetch {
  const { layer, client } = binding;
  const budget = createBudget(options);
  const backOff = createBackOff(env.random);
  const asker = createAsker(binding.supply, options.bulk, env);
  const outlook = createOutlook(binding, options);
  const lessons = createLessons(budget, backOff, env.now);
  const inFlight = createInFlight(
    (want, signal) => asker.ask(want, signal),
    (want, asked) => {
      lessons.answered(want, asked);
      pump();
    },
  );
  let timer: unknown;
  let stopped = false;
  /** The obstacle that the last look found. */
  let known: Obstacle | undefined;

  const obstacle = () => obstacleIn(env.conditions()) ?? lessons.obstacle();
  const later = (ms: number) => {
    env.clearTimeout(timer);
    timer = env.setTimeout(pump, ms);
  };

  /** Pauses until the next call. */
  const halt = () => {
    inFlight.abort(() => true);
    outlook.drop();
  };
  const onMove = () => {
    outlook.moved();
    // Free the network for what the map itself needs now.
    inFlight.abort((want) => want.reason !== 'target' && !outlook.needs(want));
    later(SETTLE);
  };
  const watch = watchView(binding, env.now, onMove);

  /** Returns when to look again at a view for which nothing can be fetched yet; `undefined` if an event will call. */
  const wait = (view: View): number | undefined => {
    if (view.still < SETTLE) return SETTLE - view.still;
    return view.complete ? undefined : LOOK[view.still < AT_FIRST ? 0 : 1];
  };

  function pump(): void {
    env.clearTimeout(timer);
    if (stopped) return;
    known = obstacle();
    if (known) return halt();
    const view = watch.look();
    // A map that is missing tells nobody when it appears: look again later.
    if (!view) return later(LOOK[1]);
    const pause = backOff.until - env.now();
    if (pause > 0) return later(pause);
    const pending = wait(view);
    const ready = pending === undefined;
    if (ready && outlook.renew(view.box)) budget.turned();
    if (ready) budget.shown(outlook.shown());
    while (inFlight.size() < options.concurrency) {
      const want = outlook.next(ready, (one) => budget.allows(one.reason) && !inFlight.has(one));
      if (!want) break;
      inFlight.start(want);
    }
    if (pending !== undefined) later(pending);
  }

  const renewed = ({ layer: of }: { layer: string }) => {
    if (of !== layer && of !== '*') return;
    asker.forget();
    lessons.renewed();
    halt();
    pump();
  };
  const stops = [
    client.on('used', ({ uses }) => {
      for (const { layer: of, status, bytes = 0 } of uses)
        if (of === layer && status === 'miss') budget.downloaded(bytes);
    }),
    client.on('versionchange', renewed),
    client.on('invalidated', renewed),
    client.on('status', () => void (obstacle() !== known && pump())),
    env.onConditions(() => {
      lessons.conditionsChanged();
      pump();
    }),
    watch.stop,
  ];
  const change = (run: () => void) => {
    run();
    outlook.drop();
    pump();
  };
  pump();

  return {
    goingTo: (view: MapView) => change(() => outlook.goingTo(view)),
    tour: (views) => change(() => outlook.tour(views)),
    steps: (steps) =>
      change(() => {
        asker.steps = steps;
        outlook.steps(steps.values);
      }),
    status: () => ({
      obstacle: obstacle(),
      asked: asker.asked,
      bytes: budget.bytes,
      unseen: budget.unseen,
      failed: lessons.failed(),
      waiting: outlook.waiting + inFlight.size(),
    }),
    stop() {
      if (stopped) return;
      stopped = true;
      env.clearTimeout(timer);
      inFlight.abort(() => true);
      for (const stop of stops) stop();
    },
  };
}
