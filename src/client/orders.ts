import { attempt, type Env, patience } from '../page/env';
import { hash } from '../page/hash';
import { DONE, OFF, type Obey } from './off-key';
import type { Settings } from '../page/options';
import { createReloadBudget, type TabStorage } from './reload-budget';
import { withTabs, type Tabs } from '../page/tabs';
import type { ClientOrders } from '../shared/manifest';

export interface OrdersParts {
  env: Env & Partial<Tabs> & { session?: TabStorage };
  settings: Pick<Settings, 'serviceWorker' | 'registration'>;
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

/** Milliseconds allowed for unregistering a worker. */
const UNREGISTER_MS = 5000;
/** Milliseconds between two attempts to register a worker that failed to start. */
const REGISTER_AGAIN_MS = 300_000;
/** Milliseconds for which an unregistered worker may still finish its work. */
const LEFTOVERS_MS = 5000;
/** The most tokens, and scripts of switched-off workers, that one browser remembers. */
const TOKENS = 16;
const SCRIPTS = 16;

const switchedOff = (storage: TabStorage | undefined) =>
  (attempt(() => storage?.getItem(OFF)) ?? '').split(' ').filter(Boolean);

/** True while the origin has the worker switched off: it is not registered then. */
export const isSwitchedOff = (storage: TabStorage | undefined, script = ''): boolean =>
  switchedOff(storage).includes(hash(script));

/**
 * Carries out orders on the page's side alone: it asks nothing of the worker, which may hang, or throw when it starts.
 * It notes each reload before it happens, within the tab's budget, so an origin that contradicts itself makes no loop.
 */
export function createOrders({ env: own, settings, scope, failed, first, noted, off, told }: OrdersParts): Obey {
  const env = withTabs(own);
  const { container, storage, caches } = env;
  const session = own.session ?? attempt(() => sessionStorage);
  const budget = createReloadBudget(session, env.now);
  const isOff = () => isSwitchedOff(storage, settings.serviceWorker);
  const note = (is: boolean) => {
    const others = switchedOff(storage).filter((id) => id !== hash(settings.serviceWorker ?? ''));
    const list = is ? [...others, hash(settings.serviceWorker ?? '')] : others;
    attempt(() => storage?.setItem(OFF, list.slice(-SCRIPTS).join(' ')));
  };
  const read = (text: string | null | undefined): string[] | undefined => {
    const list = attempt(() => JSON.parse(text ?? 'null') as unknown);
    return Array.isArray(list) ? list.filter((token) => typeof token === 'string') : undefined;
  };
  const tokens = () => read(attempt(() => storage?.getItem(DONE)));
  let known = read(noted);
  let triedAt = env.now();

  /** For each reason for a reload, returns true while it still applies. */
  const reasons = { off: () => isOff() && container?.controller != null, token: () => true };
  const waiting = new Set<keyof typeof reasons>();
  let timer: unknown;
  /** Reloads as soon as the budget allows, if the reload is still wanted then: that may be half an hour later. */
  function reload(why: keyof typeof reasons): void {
    if (budget.take()) {
      env.reload?.();
      // A reload that goes through a broken worker may come to nothing, and all checks after it fail.
      if (why === 'token') return;
    }
    const wait = budget.wait();
    if (!(wait > 0 && wait < Infinity)) return;
    waiting.add(why);
    timer ??= env.setTimeout(() => {
      timer = undefined;
      const still = [...waiting].find((one) => reasons[one]());
      waiting.clear();
      if (still) reload(still);
    }, wait);
  }

  async function removeCaches(of: string): Promise<void> {
    for (const name of (await caches?.keys()) ?? []) {
      const [format = '', encoded = ''] = name.split(':');
      if (/^tile-cache-v\d+$/.test(format) && decodeURIComponent(encoded) === of) await caches?.delete(name);
    }
  }

  async function removeWorker(): Promise<void> {
    const registrations = (await container?.getRegistrations()) ?? [];
    for (const one of registrations) {
      const scripts = [one.installing, one.waiting, one.active].map((worker) => worker?.scriptURL);
      if (settings.serviceWorker ? !scripts.includes(settings.serviceWorker) : one.scope !== scope()) continue;
      // The origin may switch it on again meanwhile: then it is the next worker, and these are its caches.
      // While an update of a hanging worker is pending, Chromium never finishes unregistering: delete the caches all
      // the same.
      if (off) await patience(env, one.unregister(), UNREGISTER_MS);
      if (off) await removeCaches(one.scope);
    }
  }

  /**
   * Removes what the worker stored after it was switched off. A tab that had the worker for longer than this one kept
   * it running, and nothing else would delete that.
   */
  async function removeLeftovers(): Promise<void> {
    const { serviceWorker: script, registration: { scope: own } = {} } = settings;
    if (script === undefined || !isOff()) return;
    await removeCaches((own === undefined ? new URL('./', script) : new URL(own, env.href)).href);
  }

  async function switchOff(): Promise<void> {
    const controlled = container?.controller != null;
    // Another tab may have noted the order already, but each page tells of it.
    if (!off) told({ worker: 'off' });
    off = true;
    if (!isOff()) note(true);
    // A worker may be here again, or still, although it does not control this page: look for it each time.
    await removeWorker();
    // A page keeps its controller until it reloads.
    if (controlled && off) return reload('off');
    env.setTimeout(() => void removeLeftovers().catch(() => {}), LEFTOVERS_MS);
    await removeLeftovers();
  }

  /**
   * Registers a worker that was switched off, and now and then one that failed to start: nobody reloads the page by
   * hand.
   */
  async function switchOn(): Promise<void> {
    const isNoted = isOff();
    const wasOff = off || isNoted;
    off = false;
    if (isNoted || (failed() && Math.abs(env.now() - triedAt) >= REGISTER_AGAIN_MS)) {
      triedAt = env.now();
      // The worker counts as switched off until it starts.
      if (settings.serviceWorker) await container?.register(settings.serviceWorker, settings.registration);
    }
    if (wasOff) told({ worker: 'on' });
    if (isNoted) note(false);
  }

  function reloadFor(token: string): void {
    const before = known;
    if (before?.includes(token)) return;
    known = [...(before ?? []), token].slice(-TOKENS);
    attempt(() => storage?.setItem(DONE, JSON.stringify(known)));
    const older = before === undefined && first;
    first = false;
    // Do nothing that cannot be noted: the page would do it again and again.
    if (older || !tokens()?.includes(token)) return;
    told({ reload: token });
    reload('token');
  }

  // An unregistered worker may have stored something while the page before this one was left, and the next check may be
  // far away.
  if (off && isOff()) switchOff().catch(() => {});

  return async ({ worker, reload: token } = {}) => {
    try {
      if (worker === 'off') await switchOff();
      else await switchOn();
    } catch {
      // Storage or a registration failed: the next check tries again.
    }
    if (token !== undefined) reloadFor(token);
    first = false;
  };
}
