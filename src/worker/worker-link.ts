import type { Env } from '../page/env';
import type { Settings } from '../page/options';
import type { ClientState } from '../page/types';
import type { TileCacheError } from '../shared/errors';
import { noWorker } from './no-worker';

/** The page's view of its worker. */
export interface WorkerLink {
  readonly state: ClientState;
  /** The reason for having no worker: registering failed, or pages have no service workers. */
  readonly error: unknown;
  /** Returns the worker that gets messages: the registration's active worker, whether it controls this page or not. */
  active(): ServiceWorker | undefined;
  /** The registration's scope, if there is a registration. */
  readonly scope: string | undefined;
  /** Settles when it is known whether there is a registration. Never rejects. */
  readonly settled: Promise<void>;
  /**
   * Returns true for a message from a worker of this registration. Workers of other scopes may send messages of the
   * same types.
   */
  owns(source: unknown): boolean;
}

/**
 * Registers the script, or looks for a worker that other code registers, and follows its life. Calls `changed` whenever
 * the state or the active worker may have changed.
 */
export function createWorkerLink(
  env: Env,
  settings: Pick<Settings, 'serviceWorker' | 'registration'>,
  changed: () => void,
  closed: AbortSignal,
  failed: (error: TileCacheError) => void = () => {},
): WorkerLink {
  const { container } = env;
  const followed = new Set<ServiceWorker>();
  let registration: ServiceWorkerRegistration | undefined;
  let looking = container !== undefined;
  let error: unknown = container ? undefined : noWorker('this page');

  function workers(): ServiceWorker[] {
    const { installing, waiting, active } = registration ?? {};
    return [installing, waiting, active].filter(
      (worker) => worker != null && worker.state !== 'redundant',
    ) as ServiceWorker[];
  }

  function active(): ServiceWorker | undefined {
    const worker = registration?.active;
    return worker && worker.state !== 'redundant' ? worker : undefined;
  }

  function state(): ClientState {
    if (looking) return 'pending';
    if (!registration || !workers().length) return 'unavailable';
    // The controller may be a worker of another scope.
    if (container?.controller && container.controller.scriptURL === active()?.scriptURL) return 'active';
    // The worker does not control this page yet: first load, hard reload, or a page outside of its scope.
    return env.href.startsWith(registration.scope) ? 'pending' : 'unavailable';
  }

  function follow(): void {
    if (closed.aborted) return;
    for (const worker of workers()) {
      if (followed.has(worker)) continue;
      followed.add(worker);
      worker.addEventListener('statechange', follow, { signal: closed });
    }
    changed();
  }

  let settle = () => {};
  const settled = new Promise<void>((resolve) => (settle = resolve));
  function adopt(found: ServiceWorkerRegistration | undefined): void {
    looking = false;
    settle();
    if (found && found !== registration) {
      registration = found;
      found.addEventListener('updatefound', follow, { signal: closed });
    }
    follow();
  }

  /** Follows a registration, and reports what happens to it to the code that registered it. */
  function watch(found: ServiceWorkerRegistration, existed: boolean): void {
    const fail = (cause: TileCacheError) => {
      error = cause;
      failed(cause);
    };
    import('../client/on-demand')
      .then(({ watchUpdates }) => watchUpdates(found, fail, { signal: closed, existed, onLine: env.onLine }))
      .catch(() => {});
  }

  async function look(): Promise<void> {
    const here = (async () => container?.getRegistration())();
    // An update that hangs holds `register()` up in the browser's queue: the worker that is here answers all the same.
    here.then(
      (one) => looking && one?.active?.scriptURL === settings.serviceWorker && adopt(one),
      () => {},
    );
    let found: ServiceWorkerRegistration | undefined;
    try {
      await undefined;
      if (settings.serviceWorker) {
        found = await container?.register(settings.serviceWorker, settings.registration);
        if (found) watch(found, found.active != null);
      }
    } catch (cause) {
      error = cause;
    }
    try {
      // Look even if registering failed: an earlier worker goes on answering this page.
      found ??= await here;
      // Other code may register a worker later, or this page again if the first one fails to install. `ready` waits for one
      // that is in scope of this page.
      container?.ready.then(
        (one) => workers().length > 0 || (found && one.active?.scriptURL !== settings.serviceWorker) || adopt(one),
        () => {},
      );
    } catch (cause) {
      error ??= cause;
    }
    adopt(found);
  }

  container?.addEventListener('controllerchange', follow, { signal: closed });
  void look();
  return {
    get state() {
      return state();
    },
    get error() {
      return error;
    },
    get scope() {
      return registration?.scope;
    },
    active,
    settled,
    owns: (source) => {
      const script = (source as ServiceWorker | null)?.scriptURL;
      return !script || [container?.controller, ...workers()].some((worker) => worker?.scriptURL === script);
    },
  };
}
