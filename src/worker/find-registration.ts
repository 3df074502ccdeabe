import type { Settings } from '../page/options';

/**
 * Registers the script, or looks for a registration of other code's. Calls `adopt` with each registration that it
 * finds, and with `undefined` if there is none yet; `registered` with the one that it registered itself; and `failed`
 * with the reasons for finding none. `workers` returns the workers of the registration adopted last. Never rejects.
 */
export async function findRegistration(
  container: ServiceWorkerContainer | undefined,
  { serviceWorker, registration }: Pick<Settings, 'serviceWorker' | 'registration'>,
  workers: () => readonly ServiceWorker[],
  adopt: (found: ServiceWorkerRegistration | undefined) => void,
  registered: (found: ServiceWorkerRegistration) => void,
  failed: (cause: unknown) => void,
): Promise<void> {
  let looking = true;
  const isOurs = (one: ServiceWorkerRegistration | undefined) => one?.active?.scriptURL === serviceWorker;
  const here = (async () => container?.getRegistration())();
  // An update that hangs holds `register()` up in the browser's queue: the worker that is here answers all the same.
  here.then(
    (one) => looking && isOurs(one) && adopt(one),
    () => {},
  );
  let found: ServiceWorkerRegistration | undefined;
  try {
    await undefined;
    if (serviceWorker) {
      found = await container?.register(serviceWorker, registration);
      if (found) registered(found);
    }
  } catch (cause) {
    failed(cause);
  }
  try {
    // Look even if registering failed: an earlier worker goes on answering this page.
    found ??= await here;
    // Other code may register a worker later, or this page again if the first one fails to install. `ready` waits for one
    // that is in scope of this page.
    container?.ready.then(
      (one) => workers().length > 0 || (found && !isOurs(one)) || adopt(one),
      () => {},
    );
  } catch (cause) {
    failed(cause);
  }
  looking = false;
  adopt(found);
}
