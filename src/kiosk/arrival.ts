type Container = Pick<ServiceWorkerContainer, 'controller' | 'addEventListener' | 'removeEventListener'>;

/**
 * Calls back once, when a page that began without a worker gets one: what its maps show came past the worker, out of the
 * browser's own cache perhaps, and may be older than the version that was checked. Returns what ends the wait.
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
