import type { Tabs } from '../page/tabs';

/**
 * One tab an interval asks for all: whoever's timer rings first takes the lock if it is free, looks whether a check
 * is still due, makes it and lets go. Nobody leads for longer than a check, so that a suspended or closed tab starves
 * nobody; a tab that was frozen with the lock in hand is passed over when the check is long `overdue`.
 * `run` must not reject. Without Web Locks every tab is on its own, held back by `due` alone.
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
    // Sandboxed frames forbid Web Locks.
    await once();
  }
}
