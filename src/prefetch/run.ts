import type { Binding } from '../adapters/binding';
import type { MapView } from '../adapters/supply';
import { createAsker, type AskTools } from './ask';
import { createBackOff } from './back-off';
import { createBudget } from './budget';
import { createInFlight } from './in-flight';
import { createLessons } from './lessons';
import { type Conditions, obstacleIn } from './obstacle';
import { createOutlook } from './outlook';
import { createPump, SETTLE } from './pump';
import type { Prefetch, PrefetchOptions } from './types';
import { watchView } from './watch-view';

/** The parts of the browser that prefetching uses; tests replace them. */
export interface PrefetchEnv extends AskTools {
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
  random(): number;
  conditions(): Conditions;
  /** Calls back when the conditions may have changed. Returns a function that unsubscribes. */
  onConditions(run: () => void): () => void;
}

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
  const inFlight = createInFlight(asker.ask, (want, asked) => {
    lessons.answered(want, asked);
    pump.run();
  });

  const obstacle = () => obstacleIn(env.conditions()) ?? lessons.obstacle();
  const watch = watchView(binding, env.now, () => {
    outlook.moved();
    // Free the network for what the map itself needs now.
    inFlight.abort((want) => want.reason !== 'target' && !outlook.needs(want));
    pump.later(SETTLE);
  });
  const { look } = watch;
  const { concurrency } = options;
  const pump = createPump({ budget, backOff, outlook, inFlight, obstacle, look, concurrency }, env);

  const renewed = ({ layer: of }: { layer: string }) => {
    if (of !== layer && of !== '*') return;
    asker.forget();
    lessons.renewed();
    pump.halt();
    pump.run();
  };
  const stops = [
    client.on('used', ({ uses }) => {
      for (const { layer: of, status, bytes = 0 } of uses)
        if (of === layer && status === 'miss') budget.downloaded(bytes);
    }),
    client.on('versionchange', renewed),
    client.on('invalidated', renewed),
    client.on('status', () => void (obstacle() !== pump.known() && pump.run())),
    env.onConditions(() => {
      lessons.conditionsChanged();
      pump.run();
    }),
    watch.stop,
  ];
  const change = (run: () => void) => {
    run();
    outlook.drop();
    pump.run();
  };
  pump.run();

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
      pump.stop();
      for (const stop of stops.splice(0)) stop();
    },
  };
}
