import type { Env } from '../page/env';
import type { ClientEvents } from '../page/types';
import type { WorkerLink } from '../worker/worker-link';

/** Holds the worker's caches open once there is a worker (decision 007). */
export function createHolding(
  env: Env,
  link: WorkerLink,
  on: <K extends keyof ClientEvents>(event: K, listener: (detail: ClientEvents[K]) => void) => unknown,
  closed: AbortSignal,
): [hold: () => void, letGo: () => void] {
  let holding = false;
  let letGo = () => {};
  return [
    () => {
      const { scope } = link;
      // Only a page that has found its worker has caches to hold.
      if (holding || scope === undefined || !link.active()) return;
      holding = true;
      import('./on-demand').then(({ keepOpen }) => (letGo = keepOpen(env, scope, on, closed))).catch(() => {});
    },
    () => letGo(),
  ];
}
