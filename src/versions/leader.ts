import type { Tabs } from '../page/tabs';

/**
 * Lets one tab check for all tabs in each interval. The tab whose timer rings first takes a Web Lock if it is free,
 * checks if a check is still due, and releases the lock. No tab leads for longer than one check, so a suspended or
 * closed tab holds up no other. If a frozen tab holds the lock, another one checks without it once the check is long
 * `overdue`. `run` must not reject. Without Web Locks, every tab checks if `due` returns true.
 */
export async function takeTurn(
  tabs: Pick<Tabs, 'locks'>,
  name: string,
  due: () => boolean,
  overdue: () => boolean,
  run: () => Promise<void>,
): Promise<void> {
  const once = async () => {
    if (due()) await run();
  };
  if (!tabs.locks) return once();
  try {
    await tabs.locks.request(name, { ifAvailable: true }, (lock) => (lock || overdue() ? once() : undefined));
  } catch {
    // Web Locks are not available in sandboxed frames.
    await once();
  }
}
