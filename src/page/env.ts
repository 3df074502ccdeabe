import { type Connection, isMetered } from '../shared/metered';

/** The parts of the browser that the client uses; tests pass their own. */
export interface Env {
  /** `undefined` where service workers are missing or forbidden. */
  container: ServiceWorkerContainer | undefined;
  /** `undefined` where storage is missing or forbidden. */
  caches: CacheStorage | undefined;
  fetch: typeof fetch;
  /** Epoch milliseconds. */
  now(): number;
  /** Milliseconds of a clock that never jumps. */
  monotonic?(): number;
  random(): number;
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
  messageChannel(): MessageChannel;
  window: EventTarget;
  document: EventTarget & { readonly visibilityState: DocumentVisibilityState };
  /** The page's own address. */
  href: string;
  onLine(): boolean;
  /** Returns true if the connection is metered, or the user wants to save data, as far as the browser tells. */
  metered?(): boolean;
  /** Fires `change` when the connection may have become metered, or no longer is. Chromium only. */
  connection?: EventTarget | undefined;
  /** Reloads the page. */
  reload?(): void;
}

/** Runs `run`, and returns `undefined` if it throws: in sandboxed frames, reading storage or `serviceWorker` throws. */
export function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}

/**
 * Returns the browser's own parts. Outside of a browser (server-side rendering) all of them are missing, and nothing
 * throws.
 */
export function browserEnv(): Env {
  const { window, document, navigator, location } = globalThis as Partial<typeof globalThis>;
  const connection = (navigator as { connection?: Connection & EventTarget } | undefined)?.connection;
  const nothing = Object.assign(new EventTarget(), { visibilityState: 'hidden' as const });
  return {
    container: attempt(() => navigator?.serviceWorker),
    // The page only holds caches open; it never reads or writes them.
    // eslint-disable-next-line no-restricted-properties
    caches: attempt(() => globalThis.caches),
    fetch: (input, init) => fetch(input, init),
    now: () => Date.now(),
    monotonic: () => performance.now(),
    random: () => Math.random(),
    setTimeout: (run, ms) => setTimeout(run, ms),
    clearTimeout: (timer) => clearTimeout(timer as number),
    messageChannel: () => new MessageChannel(),
    window: window ?? nothing,
    document: document ?? nothing,
    href: location?.href ?? 'http://localhost/',
    onLine: () => navigator?.onLine !== false,
    metered: () => isMetered(connection),
    connection,
    reload: () => location?.reload(),
  };
}

/** Returns the same environment with timers that end when `closed` aborts. */
export function untilClosed(env: Env, closed: AbortSignal): Env {
  const timers = new Set<unknown>();
  closed.addEventListener('abort', () => timers.forEach(env.clearTimeout));
  return {
    ...env,
    setTimeout(run, ms) {
      const timer = env.setTimeout(() => {
        timers.delete(timer);
        run();
      }, ms);
      if (closed.aborted) env.clearTimeout(timer);
      else timers.add(timer);
      return timer;
    },
    clearTimeout(timer) {
      timers.delete(timer);
      env.clearTimeout(timer);
    },
  };
}

/** Waits until `work` settles, but at most this number of milliseconds. */
export function patience(env: Env, work: Promise<unknown>, ms: number): Promise<unknown> {
  return Promise.race([work.catch(() => {}), new Promise<void>((resolve) => env.setTimeout(resolve, ms))]);
}
