import type { Env } from '../page/env';
import type { ReloadBudget } from './reload-budget';

/** Why a page reloads: its worker was switched off, or a manifest has a new token. */
type Reason = 'off' | 'token';

/**
 * Creates the function that reloads the page as soon as the budget allows, if the reload is still wanted then: that may
 * be half an hour later. `isControlled` returns true while a switched-off worker controls the page.
 */
export function createReloading(
  env: Pick<Env, 'reload' | 'setTimeout'>,
  budget: ReloadBudget,
  isControlled: () => boolean,
): (why: Reason) => void {
  const waiting = new Set<Reason>();
  let timer: unknown;

  function reload(why: Reason): void {
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
      const still = [...waiting].find((one) => one === 'token' || isControlled());
      waiting.clear();
      if (still) reload(still);
    }, wait);
  }

  return reload;
}
