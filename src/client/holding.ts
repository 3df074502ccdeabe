import type { ClientParts } from './parts';
import { onDemand } from './load-on-demand';

/**
 * Holds the worker's caches open once there is a worker (decision 007). Returns a function that closes them for a while,
 * so that the worker can delete them.
 */
export function createHolding(
  { env, on, closed }: Pick<ClientParts, 'env' | 'on' | 'closed'>,
  link: ClientParts['link'],
): () => void {
  let holding = false;
  let letGo = () => {};
  const hold = () => {
    const { scope } = link;
    // Only a page that has found its worker has caches to hold.
    if (holding || scope === undefined || !link.active()) return;
    holding = true;
    onDemand()
      .then(({ keepOpen }) => (letGo = keepOpen(env, scope, on, closed)))
      .catch(() => {});
  };
  on('statechange', hold);
  void link.settled.then(hold);
  return () => letGo();
}
