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
  /** Where somebody else registers the worker: its scope. */
  scope(): string | undefined;
  /** Registering the worker has failed, and the page has none. */
  failed(): boolean;
  /** This page has read no manifest before: a token that nobody has noted may be as old as the page. */
  first: boolean;
  /** What was noted of tokens when the page began: other tabs note theirs, and this one has to follow all the same. */
  noted: string | null | undefined;
  /** Hears what is about to be done. */
  told(done: ClientOrders): void;
}

/** Milliseconds in which a worker is unregistered. */
const UNREGISTER_MS = 5000;
/** Milliseconds between two attempts to register a worker that failed to start. */
const REGISTER_AGAIN_MS = 300_000;
/** Milliseconds in which a worker that was unregistered may still finish what it had begun. */
const LEFTOVERS_MS = 5000;
/** Tokens that one browser remembers, and scripts of workers that are switched off. */
const TOKENS = 16;
const SCRIPTS = 16;

const switchedOff = (storage: TabStorage | undefined) =>
  (attempt(() => storage?.getItem(OFF)) ?? '').split(' ').filter(Boolean);

/** True while the origin has the worker switched off: it is not registered then. */
export const isSwitchedOff = (storage: TabStorage | undefined, script = ''): boolean =>
  switchedOff(storage).includes(hash(script));

/**
 * The page's side alone: neither a worker that hangs nor one that throws when it starts is asked anything. Each reload
 * is noted before it happens, and happens within the tab's budget: an origin that contradicts itself makes no loop.
 */
export function createOrders({ env: own, settings, scope, failed, first, noted, told }: OrdersParts): Obey {
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

  /** Why a reload is wanted, and that it is still. */
  const reasons = { off: () => isOff() && container?.controller != null, token: () => true };
  const waiting = new Set<keyof typeof reasons>();
  let timer: unknown;
  /** As soon as the budget allows it, which may be only half an hour later: then only if it is still wanted. */
  function reload(why: keyof typeof reasons): void {
    if (budget.take()) return env.reload?.();
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
      // Behind an update of a worker that hangs, Chromium never ends it: the caches go all the same.
      await patience(env, one.unregister(), UNREGISTER_MS);
      await removeCaches(one.scope);
    }
  }

  /** A tab that had the worker longer than this one has let it store something since, and nobody else would delete that. */
  async function removeLeftovers(): Promise<void> {
    const { serviceWorker: script, registration: { scope: own } = {} } = settings;
    if (script === undefined || !isOff()) return;
    await removeCaches((own === undefined ? new URL('./', script) : new URL(own, env.href)).href);
  }

  async function switchOff(): Promise<void> {
    const controlled = container?.controller != null;
    if (!isOff()) {
      told({ worker: 'off' });
      note(true);
    } else if (!controlled) {
      env.setTimeout(() => void removeLeftovers().catch(() => {}), LEFTOVERS_MS);
      return removeLeftovers();
    }
    await removeWorker();
    // A page keeps the worker that it was loaded with.
    if (controlled) reload('off');
  }

  /** Registers what was switched off, and now and then what failed to start: nobody loads the page anew by hand. */
  async function switchOn(): Promise<void> {
    const wasOff = isOff();
    if (!wasOff && (!failed() || Math.abs(env.now() - triedAt) < REGISTER_AGAIN_MS)) return;
    triedAt = env.now();
    // It stays switched off until it starts.
    if (settings.serviceWorker) await container?.register(settings.serviceWorker, settings.registration);
    if (!wasOff) return;
    told({ worker: 'on' });
    note(false);
  }

  function reloadFor(token: string): void {
    const before = known;
    if (before?.includes(token)) return;
    known = [...(before ?? []), token].slice(-TOKENS);
    attempt(() => storage?.setItem(DONE, JSON.stringify(known)));
    const older = before === undefined && first;
    first = false;
    // What cannot be noted would be done again and again.
    if (older || !tokens()?.includes(token)) return;
    told({ reload: token });
    reload('token');
  }

  return async ({ worker, reload: token } = {}) => {
    try {
      if (worker === 'off') await switchOff();
      else await switchOn();
    } catch {
      // Storage or registrations that fail: the next check tries again.
    }
    if (token !== undefined) reloadFor(token);
    first = false;
  };
}
