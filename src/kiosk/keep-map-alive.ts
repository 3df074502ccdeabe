import { createReloadBudget } from '../client/reload-budget';
import { attempt } from '../page/env';
import { onArrival } from './arrival';
import { startHealth } from './health';
import { readKeepAliveOptions } from './options';
import { createMemory } from './memory';
import { createProbes } from './probes';
import { refreshAll } from './refresh-all';
import { createRemedies } from './remedies';
import { createWatchdog } from './watchdog';
import { watchSwitch } from './watch-switch';
import type { KeepAlive, KeepAliveOptions, KioskBinding, KioskClient } from './types';

/**
 * Watches an unattended map and repairs it: a blank map, a lost WebGL context, a worker that is gone or does not answer,
 * version checks that have stopped, a heap that is nearly full. It starts with the gentlest remedy (request tiles
 * again, redraw, update the worker), takes the next step only if that did not help, and waits longer each time. As the
 * last step it reloads the page, but only if it can fetch the page, and within a limit that survives the reload, so that
 * it never loops. Throws `INVALID_OPTION`, which names the option.
 */
export function keepMapAlive(
  bindings: KioskBinding | readonly KioskBinding[],
  client: KioskClient,
  options: KeepAliveOptions = {},
): KeepAlive {
  const all = Array.isArray(bindings) ? (bindings as readonly KioskBinding[]) : [bindings as KioskBinding];
  const { every, checkWithin, maxHeap, redraw, health, signal } = readKeepAliveOptions(all, options, location.href);
  const session = attempt(() => sessionStorage);
  const wallClock = () => Date.now();
  const budget = createReloadBudget(session, wallClock);
  const now = () => performance.now() / 1000;
  const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
  const stopped = new AbortController();
  const memory = createMemory(session, wallClock);
  const hadWorker = (memory.recall().worker ?? 0) > 0;
  const container = attempt(() => navigator.serviceWorker);
  const isOff = watchSwitch(
    attempt(() => localStorage),
    container,
  );
  const dog = createWatchdog({
    probes: createProbes({ bindings: all, client, now, sleep, checkWithin, maxHeap, hadWorker, isOff, heap }),
    remedies: createRemedies(all, client, budget, redraw, sleep, stopped.signal),
    every: every * 1000,
    now,
    ...memory,
    setTimeout: (run, milliseconds) => setTimeout(run, milliseconds),
    clearTimeout: (timer) => clearTimeout(timer as number),
  });
  const stopHealth = health && startHealth(health, client, dog);
  const stopArrival = onArrival(container, () => void refreshAll(all).catch(() => {}));
  const stop = () => {
    stopped.abort();
    stopHealth?.();
    stopArrival();
    dog.stop();
    signal?.removeEventListener('abort', stop);
  };
  signal?.addEventListener('abort', stop);
  if (signal?.aborted) stop();
  return { ...dog, stop };
}

function heap(): { used: number; limit: number } | undefined {
  const { memory } = performance as { memory?: { usedJSHeapSize: number; jsHeapSizeLimit: number } };
  return memory && { used: memory.usedJSHeapSize, limit: memory.jsHeapSizeLimit };
}
