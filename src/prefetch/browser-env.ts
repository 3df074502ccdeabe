import type { BindingClient } from '../adapters/binding-client';
import type { TileCacheClient } from '../page/types';
import type { Conditions } from './obstacle';
import type { PrefetchEnv } from './run';

/** Properties that only some browsers have. */
interface Device {
  connection?: EventTarget & NonNullable<Conditions['connection']>;
  getBattery?(): Promise<EventTarget & NonNullable<Conditions['battery']>>;
}

/** Creates the environment from the browser. `client`: properties that a stub does not have count as favourable. */
export function browserEnv(client: BindingClient & Partial<Pick<TileCacheClient, 'status'>>): PrefetchEnv {
  const device = navigator as Device;
  const reduced = matchMedia('(prefers-reduced-data: reduce)');
  let battery: (EventTarget & NonNullable<Conditions['battery']>) | undefined;

  return {
    fetch: (input, init) => fetch(input, init),
    now: () => performance.timeOrigin + performance.now(),
    href: location.href,
    setTimeout: (run, ms) => setTimeout(run, ms),
    clearTimeout: (timer) => clearTimeout(timer as number),
    random: () => Math.random(),
    conditions() {
      const status = client.status?.();
      return {
        hidden: document.visibilityState === 'hidden',
        online: navigator.onLine !== false && !status?.offline,
        worker: !!navigator.serviceWorker?.controller,
        network: status?.network,
        connection: device.connection,
        reducedData: reduced.matches,
        battery,
      };
    },
    onConditions(run) {
      const stop = new AbortController();
      const options = { signal: stop.signal };
      document.addEventListener('visibilitychange', run, options);
      addEventListener('online', run, options);
      addEventListener('offline', run, options);
      reduced.addEventListener('change', run, options);
      device.connection?.addEventListener('change', run, options);
      navigator.serviceWorker?.addEventListener('controllerchange', run, options);
      // If the browser does not tell, the battery counts as full.
      device.getBattery?.().then(
        (found) => {
          battery = found;
          for (const event of ['levelchange', 'chargingchange']) found.addEventListener(event, run, options);
          if (!stop.signal.aborted) run();
        },
        () => {},
      );
      return () => stop.abort();
    },
  };
}
