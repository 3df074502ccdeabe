import type { Router } from 'workbox-routing/Router.js';

/** Workbox's switch for what its development builds print. */
interface Switch {
  __WB_DISABLE_DEV_LOGS?: boolean;
}

/** Keeps Workbox from printing until the returned function is called. */
function hush(): () => void {
  const global = self as Switch;
  const before = global.__WB_DISABLE_DEV_LOGS ?? false;
  global.__WB_DISABLE_DEV_LOGS = true;
  return () => (global.__WB_DISABLE_DEV_LOGS = before);
}

/**
 * Workbox's router in a development build prints whole URLs, with the keys in their queries, and those of every other request
 * of the site. Afterwards this one prints nothing; an app's own routes print as before.
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
    // Listeners run in the order in which they were added: one before Workbox's and one behind it.
    self.addEventListener('message', () => (undo = hush()));
    addCacheListener();
    self.addEventListener('message', () => undo());
  };
}
