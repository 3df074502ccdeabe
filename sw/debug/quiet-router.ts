import type { Router } from 'workbox-routing/Router.js';

/** Workbox's switch for the logs of its development builds. */
interface Switch {
  __WB_DISABLE_DEV_LOGS?: boolean;
}

/** Stops Workbox from logging until the returned function is called. */
function hush(): () => void {
  const global = self as Switch;
  const before = global.__WB_DISABLE_DEV_LOGS ?? false;
  global.__WB_DISABLE_DEV_LOGS = true;
  return () => (global.__WB_DISABLE_DEV_LOGS = before);
}

/**
 * Silences this router. In a development build, Workbox's router logs full URLs with the keys in their queries, and
 * those of every other request of the site. An app's own routes log as before.
 */
export function quieten(router: Router): void {
  const handleRequest = router.handleRequest.bind(router);
  router.handleRequest = (asked) => {
    const undo = hush();
    try {
      return handleRequest(asked);
    } finally {
      undo();
    }
  };
  const addCacheListener = router.addCacheListener.bind(router);
  router.addCacheListener = () => {
    let undo = () => {};
    // Listeners run in the order in which they were added: add one before Workbox's and one after it.
    self.addEventListener('message', () => (undo = hush()));
    addCacheListener();
    self.addEventListener('message', () => undo());
  };
}
