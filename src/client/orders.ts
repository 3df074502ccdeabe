import { attempt, type Env } from '../page/env';
import type { Obey } from './off-key';
import { createReloadBudget, type TabStorage } from './reload-budget';
import { createReloading } from './reloading';
import { createReloadTokens } from './reload-tokens';
import { removeLeftovers, removeWorker, type WorkerSettings } from './remove-worker';
import { isSwitchedOff, noteSwitch } from './switched-off';
import { withTabs, type Tabs } from '../page/tabs';
import type { ClientOrders } from '../shared/manifest';

export interface OrdersParts {
  env: Env & Partial<Tabs> & { session?: TabStorage };
  settings: WorkerSettings;
  /** Returns the worker's scope, if other code registers the worker. */
  scope(): string | undefined;
  /** Returns true if registering the worker has failed, and the page has none. */
  failed(): boolean;
  /** True if this page has read no manifest before: a token that no tab has noted may be as old as the page. */
  first: boolean;
  /** The tokens noted at the start of the page: other tabs note theirs, and this one has to follow all the same. */
  noted: string | null | undefined;
  /** True if the worker was switched off before this page was loaded. */
  off: boolean;
  /** Called with the orders that this page is about to carry out. */
  told(done: ClientOrders): void;
}

/** Milliseconds between two attempts to register a worker that failed to start. */
const REGISTER_AGAIN_MS = 300_000;
/** Milliseconds for which an unregistered worker may still finish its work. */
const LEFTOVERS_MS = 5000;

/**
 * Carries out orders on the page's side alone: it asks nothing of the worker, which may hang, or throw when it starts.
 * It notes each reload before it happens, within the tab's budget, so an origin that contradicts itself makes no loop.
 */
export function createOrders({ env: own, settings, scope, failed, first, noted, off, told }: OrdersParts): Obey {
  const env = withTabs(own);
  const { container, storage, now } = env;
  const { serviceWorker: script, registration } = settings;
  const budget = createReloadBudget(own.session ?? attempt(() => sessionStorage), now);
  const isNoted = () => isSwitchedOff(storage, script);
  const isControlled = () => container?.controller != null;
  const reload = createReloading(env, budget, () => isNoted() && isControlled());
  const wantsReload = createReloadTokens(storage, noted, first);
  let triedAt = now();

  async function switchOff(): Promise<void> {
    const controlled = isControlled();
    // Another tab may have noted the order already, but each page tells of it.
    if (!off) told({ worker: 'off' });
    off = true;
    if (!isNoted()) noteSwitch(storage, true, script);
    // A worker may be here again, or still, although it does not control this page: look for it each time.
    await removeWorker(env, settings, scope, () => off);
    // A page keeps its controller until it reloads.
    if (controlled && off) return reload('off');
    const sweep = async () => isNoted() && removeLeftovers(env, settings);
    env.setTimeout(() => void sweep().catch(() => {}), LEFTOVERS_MS);
    await sweep();
  }

  /**
   * Registers a worker that was switched off, and now and then one that failed to start: nobody reloads the page by
   * hand.
   */
  async function switchOn(): Promise<void> {
    const wasNoted = isNoted();
    const wasOff = off || wasNoted;
    off = false;
    if (wasNoted || (failed() && Math.abs(now() - triedAt) >= REGISTER_AGAIN_MS)) {
      triedAt = now();
      // The worker counts as switched off until it starts.
      if (script) await container?.register(script, registration);
    }
    if (wasOff) told({ worker: 'on' });
    if (wasNoted) noteSwitch(storage, false, script);
  }

  // An unregistered worker may have stored something while the page before this one was left, and the next check may be
  // far away.
  if (off && isNoted()) switchOff().catch(() => {});

  return async ({ worker, reload: token } = {}) => {
    // Storage or a registration may fail: the next check tries again.
    await (worker === 'off' ? switchOff() : switchOn()).catch(() => {});
    if (!wantsReload(token)) return;
    told({ reload: token! });
    reload('token');
  };
}
