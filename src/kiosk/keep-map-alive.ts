import { OFF } from '../client/off-key';
import { createReloadBudget } from '../client/reload-budget';
import { attempt } from '../page/env';
import { answerOf } from '../worker/watch-updates';
import { onArrival } from './arrival';
import { startHealth } from './health';
import { readKeepAliveOptions } from './options';
import { pageIsThere } from './page-is-there';
import { createMemory } from './memory';
import { createProbes } from './probes';
import { refreshAll } from './refresh-all';
import { createWatchdog, type Remedies } from './watchdog';
import type { KeepAlive, KeepAliveOptions, KioskBinding, KioskClient } from './types';

/** Milliseconds to wait for an answer of the worker, and for its unregistration. */
const ANSWERS_WITHIN = 5000;

/**
 * Watches an unattended map and heals it: a blank map, a lost WebGL context, a worker that is gone or does not answer,
 * version checks that have stopped, a heap that is nearly full. It starts with the gentlest remedy (request tiles
 * again, redraw, update the worker), takes the next step only if that did not help, and waits longer each time. As the
 * last step it reloads the page, only if the page can be fetched, and within a limit that survives the reload, so that
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

  const remedies: Remedies = {
    refresh: () => refreshAll(all),
    redraw: redraw ?? (() => void dispatchEvent(new Event('resize'))),
    check: () => client.check(),
    async update() {
      const registration = await navigator.serviceWorker?.getRegistration();
      if (!registration) throw new Error('There is no worker to update.');
      const hangs = sleep(ANSWERS_WITHIN).then(() => {
        throw new Error('The worker does not answer, so that an update of it would never end.');
      });
      await Promise.race([answerOf(registration.active), hangs]);
      await registration.update();
    },
    reload: () => reload(() => pageIsThere(location.href)),
    // The next page registers the worker again. What it had stored is still there.
    replace: () =>
      reload(async () => {
        // A hanging worker does not answer this page's requests, not even for the page itself.
        await pageIsThere(location.href).catch((error: Error) => {
          if (error.name !== 'TimeoutError' || navigator.onLine === false) throw error;
        });
      }, unregister),
  };
  async function unregister(): Promise<void> {
    const registration = await navigator.serviceWorker?.getRegistration();
    await Promise.race([registration?.unregister(), sleep(ANSWERS_WITHIN)]);
  }
  /** `last` runs when nothing but the reload is left to do. */
  async function reload(ready: () => Promise<void>, last?: () => Promise<void>): Promise<void> {
    const wait = budget.wait();
    if (wait === Infinity) throw unrecorded();
    if (wait > 0)
      throw new Error(`The page has just been reloaded: it may be reloaded again in ${Math.ceil(wait / 1000)} s.`);
    await ready();
    if (!budget.take()) throw unrecorded();
    await last?.();
    location.reload();
  }
  const now = () => performance.now() / 1000;
  const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
  const memory = createMemory(session, wallClock);
  const hadWorker = (memory.recall().worker ?? 0) > 0;
  const isOff = () => !!attempt(() => localStorage.getItem(OFF));
  const dog = createWatchdog({
    probes: createProbes({ bindings: all, client, now, sleep, checkWithin, maxHeap, hadWorker, isOff, heap }),
    remedies,
    every: every * 1000,
    now,
    ...memory,
    setTimeout: (run, milliseconds) => setTimeout(run, milliseconds),
    clearTimeout: (timer) => clearTimeout(timer as number),
  });
  const stopHealth = health && startHealth(health, client, dog);
  const stopArrival = onArrival(
    attempt(() => navigator.serviceWorker),
    () => void refreshAll(all).catch(() => {}),
  );
  const stop = () => {
    stopHealth?.();
    stopArrival();
    dog.stop();
    signal?.removeEventListener('abort', stop);
  };
  signal?.addEventListener('abort', stop);
  if (signal?.aborted) stop();
  return { ...dog, stop };
}

const unrecorded = () =>
  new Error('The browser cannot record reloads here, so the page does not reload: nothing would stop a loop.');

function heap(): { used: number; limit: number } | undefined {
  const { memory } = performance as { memory?: { usedJSHeapSize: number; jsHeapSizeLimit: number } };
  return memory && { used: memory.usedJSHeapSize, limit: memory.jsHeapSizeLimit };
}
