import type { Env } from '../page/env';
import type { ClientEvents } from '../page/types';
import type { WorkerLink } from '../worker/worker-link';

/** Holds the worker's caches open once there is a worker (decision 007). */
export interface Holding {
  hold(): void;
  letGo(): void;
}

export function createHolding(
  env: Env,
  link: WorkerLink,
  on: <K extends keyof ClientEvents>(event: K, listener: (detail: ClientEvents[K]) => void) => unknown,
  closed: AbortSignal,
): Holding {
  let holding = false;
  let letGo = () => {};
  return {
    hold() {
      const { scope } = link;
      // Only a page that has found its worker has caches to hold.
      if (holding || scope === undefined || !link.active()) return;
      holding = true;
      import('./on-demand').then(({ keepOpen }) => (letGo = keepOpen(env, scope, on, closed))).catch(() => {});
    },
    letGo: () => letGo(),
  };
}
