import type { Env } from '../page/env';
import type { Settings } from '../page/options';
import type { ClientState } from '../page/types';
import type { TileCacheError } from '../shared/errors';
import { findRegistration } from './find-registration';
import type { WorkerLink } from './link';
import { noWorker } from './no-worker';

/** Watches the registration that this page made, and reports failures of its later workers. */
export type WatchRegistration = (found: ServiceWorkerRegistration, failed: (cause: TileCacheError) => void) => void;

/**
 * Registers the script, or looks for a worker that other code registers, and follows its life. Calls `changed` whenever
 * the state or the active worker may have changed.
 */
export function createWorkerLink(
  env: Env,
  settings: Pick<Settings, 'serviceWorker' | 'registration'>,
  changed: () => void,
  closed: AbortSignal,
  watch: WatchRegistration = () => {},
): WorkerLink {
  const { container } = env;
  const until = { signal: closed };
  let registration: ServiceWorkerRegistration | undefined;
  let looking = container !== undefined;
  let error: unknown = container ? undefined : noWorker('this page');
  const workers = () => workersOf(registration);

  function follow(): void {
    if (closed.aborted) return;
    // A worker that has this listener already does not get it again.
    for (const worker of workers()) worker.addEventListener('statechange', follow, until);
    changed();
  }

  let settle = () => {};
  const settled = new Promise<void>((resolve) => (settle = resolve));
  function adopt(found: ServiceWorkerRegistration | undefined): void {
    looking = false;
    settle();
    registration = found ?? registration;
    registration?.addEventListener('updatefound', follow, until);
    follow();
  }

  container?.addEventListener('controllerchange', follow, until);
  const registered = (found: ServiceWorkerRegistration) => watch(found, (cause) => (error = cause));
  void findRegistration(container, settings, workers, adopt, registered, (cause) => (error ??= cause));
  return {
    get state() {
      return looking ? 'pending' : stateOf(env, registration);
    },
    get error() {
      return error;
    },
    get scope() {
      return registration?.scope;
    },
    active: () => present(registration?.active),
    settled,
    owns: (source) => {
      const script = (source as ServiceWorker | null)?.scriptURL;
      return !script || [container?.controller, ...workers()].some((worker) => worker?.scriptURL === script);
    },
  };
}

/** Returns the worker, unless there is none or it is gone. */
const present = (worker: ServiceWorker | null | undefined) =>
  worker && worker.state !== 'redundant' ? worker : undefined;

function workersOf(registration: ServiceWorkerRegistration | undefined): ServiceWorker[] {
  const { installing, waiting, active } = registration ?? {};
  return [installing, waiting, active].filter(present) as ServiceWorker[];
}

/** Returns the state of a page that has looked for its registration. */
function stateOf({ container, href }: Env, registration: ServiceWorkerRegistration | undefined): ClientState {
  if (!registration || !workersOf(registration).length) return 'unavailable';
  // The controller may be a worker of another scope.
  if (container?.controller && container.controller.scriptURL === present(registration.active)?.scriptURL)
    return 'active';
  // The worker does not control this page yet: first load, hard reload, or a page outside of its scope.
  return href.startsWith(registration.scope) ? 'pending' : 'unavailable';
}
