import type { Binding } from '../adapters/binding';
import type { MapView } from '../adapters/supply';
import { createAsker, type Asked, type AskTools } from './ask';
import { createBackOff } from './back-off';
import { createBudget } from './budget';
import { type Conditions, obstacleIn } from './obstacle';
import { createOutlook } from './outlook';
import { keyOf, type Want } from './plan';
import type { Obstacle, Prefetch, PrefetchOptions } from './types';
import { watchView, type View } from './watch-view';

/** What prefetching takes from the browser; tests hand in their own. */
export interface PrefetchEnv extends AskTools {
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
  random(): number;
  conditions(): Conditions;
  /** Calls back when the conditions may have changed; returns what ends that. */
  onConditions(run: () => void): () => void;
}

/** Milliseconds without movement after which a map has come to rest. */
const SETTLE = 100;
/** Milliseconds between two looks at a view that is not complete, at first and after some seconds. */
const LOOK = [200, 1000] as const;
const AT_FIRST = 5000;
/** Answers in a row that the worker did not store: asking on would be in vain. */
const NOT_STORED = 3;

/** Prefetches for a binding until it is stopped: at most so many requests at once, and only while nothing is in the way. */
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
  const active = new Map<string, { want: Want; abort: AbortController }>();
  let timer: unknown;
  let stopped = false;
  let failed = 0;
  let notStored = 0;
  /** What an answer has told, until something changes. */
  let told: Obstacle | undefined;
  /** The obstacle when it was looked for last. */
  let known: Obstacle | undefined;

  const obstacle = () => obstacleIn(env.conditions()) ?? told;
  const later = (ms: number) => {
    env.clearTimeout(timer);
    timer = env.setTimeout(pump, ms);
  };
  const abort = (which: (want: Want) => boolean) => {
    for (const [key, { want, abort }] of active) {
      if (!which(want)) continue;
      active.delete(key);
      abort.abort();
    }
  };

  /** Goes on when it is called again. */
  const halt = () => {
    abort(() => true);
    outlook.drop();
  };
  const onMove = () => {
    outlook.moved();
    // What the map itself needs now is not taken from it.
    abort((want) => want.reason !== 'target' && !outlook.needs(want));
    later(SETTLE);
  };
  const watch = watchView(binding, env.now, onMove);

  const settle = (want: Want, asked: Asked) => {
    if (asked.kind === 'failed' || asked.kind === 'broken') {
      failed++;
      backOff.failed(env.now(), 'after' in asked ? asked.after : undefined);
    } else if (asked.kind === 'terms') told = 'terms';
    else if (asked.kind === 'foreign') told = 'no-worker';
    else if (asked.kind === 'hit' || asked.kind === 'fetched') {
      backOff.answered();
      budget.fetched(keyOf(want), asked.bytes, want.reason);
      notStored = asked.stored ? 0 : notStored + 1;
      if (notStored >= NOT_STORED) told = 'not-stored';
    }
  };
  const start = (want: Want) => {
    const key = keyOf(want);
    const abort = new AbortController();
    const entry = { want, abort };
    active.set(key, entry);
    void asker.ask(want, abort.signal).then((asked) => {
      if (active.get(key) !== entry) return;
      active.delete(key);
      settle(want, asked);
      pump();
    });
  };

  /** When to look again at a view of which nothing can be fetched yet; undefined: something will call. */
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
    // A map that is not there yet, or not any more, tells nobody when it is.
    if (!view) return later(LOOK[1]);
    const pause = backOff.until - env.now();
    if (pause > 0) return later(pause);
    const pending = wait(view);
    const ready = pending === undefined;
    if (ready && outlook.renew(view.box)) budget.turned();
    if (ready) budget.shown(outlook.shown());
    while (active.size < options.concurrency) {
      const want = outlook.next(ready, (one) => budget.allows(one.reason) && !active.has(keyOf(one)));
      if (!want) break;
      start(want);
    }
    if (pending !== undefined) later(pending);
  }

  const renewed = ({ layer: of }: { layer: string }) => {
    if (of !== layer && of !== '*') return;
    asker.forget();
    if (told === 'not-stored') told = undefined;
    notStored = 0;
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
      if (told === 'no-worker') told = undefined;
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
      failed,
      waiting: outlook.waiting + active.size,
    }),
    stop() {
      if (stopped) return;
      stopped = true;
      env.clearTimeout(timer);
      abort(() => true);
      for (const stop of stops) stop();
    },
  };
}
