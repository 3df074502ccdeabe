import type { ReloadBudget } from '../client/reload-budget';
import { answerOf } from '../worker/watch-updates';
import { pageIsThere } from './page-is-there';
import { refreshAll } from './refresh-all';
import type { KioskBinding, KioskClient } from './types';
import type { Remedies } from './watchdog';

/** Milliseconds to wait for an answer of the worker, and for its unregistration. */
const ANSWERS_WITHIN = 5000;

/**
 * Creates what heals a map, from the gentlest remedy to the last. `redraw`: @default a `resize` event. `stopped`: the
 * page is not reloaded after that.
 */
export function createRemedies(
  bindings: readonly KioskBinding[],
  client: Pick<KioskClient, 'check'>,
  budget: ReloadBudget,
  redraw: Remedies['redraw'] | undefined,
  sleep: (milliseconds: number) => Promise<void>,
  stopped: AbortSignal,
): Remedies {
  async function update(): Promise<void> {
    const registration = await navigator.serviceWorker?.getRegistration();
    if (!registration) throw new Error('There is no worker to update.');
    const hangs = sleep(ANSWERS_WITHIN).then(() => {
      throw new Error('The worker does not answer, so that an update of it would never end.');
    });
    await Promise.race([answerOf(registration.active), hangs]);
    await registration.update();
  }

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
    if (stopped.aborted) return;
    if (!budget.take()) throw unrecorded();
    await last?.();
    location.reload();
  }

  return {
    refresh: () => refreshAll(bindings),
    redraw: redraw ?? (() => void dispatchEvent(new Event('resize'))),
    check: () => client.check(),
    update,
    reload: () => reload(() => pageIsThere(location.href)),
    // The next page registers the worker again. What it had stored is still there.
    replace: () => reload(pageOrHangingWorker, unregister),
  };
}

/** A hanging worker does not answer this page's requests, not even for the page itself. */
async function pageOrHangingWorker(): Promise<void> {
  await pageIsThere(location.href).catch((error: Error) => {
    if (error.name !== 'TimeoutError' || navigator.onLine === false) throw error;
  });
}

const unrecorded = () =>
  new Error('The browser cannot record reloads here, so the page does not reload: nothing would stop a loop.');
