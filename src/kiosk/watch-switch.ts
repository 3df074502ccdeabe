import { OFF } from '../client/off-key';
import type { TabStorage } from '../client/reload-budget';
import { isSwitchedOff } from '../client/switched-off';
import { attempt } from '../page/env';

/**
 * Returns a function that tells whether the origin has switched this page's worker off. The browser's note may name
 * another worker of the origin: the page knows its own from the time when that controlled it. Before that, any note
 * counts.
 */
export function watchSwitch(
  storage: TabStorage | undefined,
  container: Pick<ServiceWorkerContainer, 'controller'> | undefined,
): () => boolean {
  let script: string | undefined;
  const look = () => (script = container?.controller?.scriptURL ?? script);
  look();
  return () => {
    look();
    if (script === undefined) return !!attempt(() => storage?.getItem(OFF));
    // A client that does not register its worker notes no script.
    return isSwitchedOff(storage, script) || isSwitchedOff(storage);
  };
}
