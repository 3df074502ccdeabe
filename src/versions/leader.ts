import type { Tabs } from '../page/tabs';

/**
 * Lets one tab check for all tabs in each interval. The tab whose timer rings first takes a Web Lock if it is free,
 * checks if a check is still due, and releases the lock. No tab leads for longer than one check, so a suspended or
 * closed tab holds up no other. If a frozen tab holds the lock, another one checks without it once the check is long
 * `overdue`. `run` must not reject. Without Web Locks, every tab checks if `due` returns true. Resolves with `early` if no
 * check was due, and with `held` if another tab has the lock.
 */
export async function takeTurn(
  tabs: Pick<Tabs, 'locks'>,
  name: string,
  due: () => boolean,
  overdue: () => boolean,
  run: () => Promise<void>,
): Promise<'checked' | 'early' | 'held'> {
  const once = async () => {
    if (!due()) return 'early';
    await run();
    return 'checked';
  };
  if (!tabs.locks) return once();
  try {
    return await tabs.locks.request(name, { ifAvailable: true }, (lock) => (lock || overdue() ? once() : 'held'));
  } catch {
    // Web Locks are not available in sandboxed frames.
    return once();
  }
}

/** Resolves when no tab has the lock. Never resolves while a frozen tab has it, nor without Web Locks. */
export const released = (tabs: Pick<Tabs, 'locks'>, name: string, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => tabs.locks?.request(name, { mode: 'shared', signal }, () => resolve()).catch(() => {}));
