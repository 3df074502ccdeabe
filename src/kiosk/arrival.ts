type Container = Pick<ServiceWorkerContainer, 'controller' | 'addEventListener' | 'removeEventListener'>;

/**
 * Calls back once if a page that began without a worker gets one. The map's tiles then came past the worker, perhaps
 * from the HTTP cache, and may be older than the checked version. Returns a function that stops waiting.
 */
export function onArrival(container: Container | undefined, arrived: () => void): () => void {
  if (!container || container.controller) return () => {};
  const stop = () => container.removeEventListener('controllerchange', come);
  const come = () => {
    if (!container.controller) return;
    stop();
    arrived();
  };
  container.addEventListener('controllerchange', come);
  return stop;
}
