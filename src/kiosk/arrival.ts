import { attempt } from '../page/env';

type Container = Pick<ServiceWorkerContainer, 'controller' | 'addEventListener' | 'removeEventListener'>;

/**
 * Calls back once if a page that began without a worker gets one, or has got one in the meantime. The map's tiles then
 * came past the worker, perhaps from the HTTP cache, and may be older than the checked version. Returns a function that
 * stops waiting.
 */
export function onArrival(
  container: Container | undefined,
  arrived: () => void,
  began: { workerStart: number } | undefined = navigation(),
): () => void {
  if (!container) return () => {};
  if (container.controller) {
    if (began?.workerStart === 0) arrived();
    return () => {};
  }
  const stop = () => container.removeEventListener('controllerchange', come);
  const come = () => {
    if (!container.controller) return;
    stop();
    arrived();
  };
  container.addEventListener('controllerchange', come);
  return stop;
}

/** Returns when a worker began to answer the navigation, 0 if none did, if the browser tells. */
function navigation(): { workerStart: number } | undefined {
  return attempt(() => performance.getEntriesByType('navigation')[0] as PerformanceNavigationTiming | undefined);
}
