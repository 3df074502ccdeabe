import type { Env } from '../page/env';
import type { DriveResult } from '../shared/regions';

/** Lets the worker work on regions, slice after slice, while there is something to do. */
export interface Driver {
  /** Call this when there may be something to do. */
  start(): void;
}

/** Milliseconds until the page looks again whether another page drives. */
const LOOK_AGAIN = 5000;
/** Milliseconds to wait after a failed slice. */
const AFTER_FAILURE = 10_000;

/**
 * Creates a driver. One page drives at a time: it holds a Web Lock for one slice only, so that a closed or sleeping
 * page holds up no other. Without Web Locks every page drives, and the worker still does one slice at a time.
 */
export function createDriver(
  env: Pick<Env, 'setTimeout' | 'clearTimeout' | 'onLine' | 'metered' | 'window'>,
  name: string,
  drive: (where: { metered: boolean; online: boolean }) => Promise<DriveResult>,
  closed: AbortSignal,
): Driver {
  const { locks } = (globalThis.navigator ?? {}) as Partial<Navigator>;
  let timer: unknown;
  let running = false;
  let again = false;

  const slice = async (): Promise<number | undefined> => {
    const work = async () => (await drive({ metered: env.metered?.() === true, online: env.onLine() })).again;
    if (!locks) return work();
    return locks.request(name, { ifAvailable: true }, (lock) => (lock ? work() : LOOK_AGAIN));
  };

  const run = async () => {
    running = true;
    again = false;
    const wait = await slice().catch(() => AFTER_FAILURE);
    running = false;
    if (closed.aborted) return;
    // Without a timer: a browser runs those of a hidden tab once a minute, and a worker that idles for so long is stopped.
    if (again || wait === 0) void run();
    else if (wait !== undefined) timer = env.setTimeout(() => void run(), wait);
  };

  const start = () => {
    env.clearTimeout(timer);
    if (closed.aborted) return;
    if (running) again = true;
    else void run();
  };
  env.window.addEventListener('online', start, { signal: closed });
  return { start };
}
