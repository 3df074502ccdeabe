import { type Env, patience } from '../page/env';
import type { Settings } from '../page/options';
import { isCacheOf } from './cache-names';

/** Milliseconds allowed for unregistering a worker. */
const UNREGISTER_MS = 5000;

/** The part of the settings that names the worker. */
export type WorkerSettings = Pick<Settings, 'serviceWorker' | 'registration'>;

async function removeCaches({ caches }: Env, scope: string): Promise<void> {
  for (const name of (await caches?.keys()) ?? []) if (isCacheOf(scope, name)) await caches?.delete(name);
}

/**
 * Unregisters the worker, and deletes its caches. `scope` returns that of a worker that other code registers. Stops when the
 * worker is not `off` any more. Rejects as the browser does.
 */
export async function removeWorker(
  env: Env,
  { serviceWorker }: WorkerSettings,
  scope: () => string | undefined,
  off: () => boolean,
): Promise<void> {
  const registrations = (await env.container?.getRegistrations()) ?? [];
  for (const one of registrations) {
    const scripts = [one.installing, one.waiting, one.active].map((worker) => worker?.scriptURL);
    if (serviceWorker ? !scripts.includes(serviceWorker) : one.scope !== scope()) continue;
    // The origin may switch it on again meanwhile: then it is the next worker, and these are its caches.
    // While an update of a hanging worker is pending, Chromium never finishes unregistering: delete the caches all
    // the same.
    if (off()) await patience(env, one.unregister(), UNREGISTER_MS);
    if (off()) await removeCaches(env, one.scope);
  }
}

/**
 * Removes what the worker stored after it was switched off. A tab that had the worker for longer than this one kept it
 * running, and nothing else would delete that.
 */
export async function removeLeftovers(
  env: Env,
  { serviceWorker: script, registration: { scope } = {} }: WorkerSettings,
): Promise<void> {
  if (script === undefined) return;
  await removeCaches(env, (scope === undefined ? new URL('./', script) : new URL(scope, env.href)).href);
}
