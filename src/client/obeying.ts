import { attempt, type Env } from '../page/env';
import type { Tabs } from '../page/tabs';
import type { ClientOrders } from '../shared/manifest';
import { DONE, OFF, type Obey } from './off-key';
import type { OrdersParts } from './orders';

/** The notes that earlier pages left about the origin's orders. */
interface Noted {
  tokens: OrdersParts['noted'];
  /** True if the origin has switched the worker off. It stays off until a manifest says otherwise. */
  off: boolean;
}

/** Reads the notes; `script` is the worker's address. */
export async function readNoted(env: Env & Partial<Tabs>, script: string | undefined): Promise<Noted> {
  const storage = attempt(() => env.storage ?? localStorage);
  const tokens = attempt(() => storage?.getItem(DONE));
  const off =
    !!attempt(() => storage?.getItem(OFF)) &&
    (await import('./on-demand').then(({ isSwitchedOff }) => isSwitchedOff(storage, script)).catch(() => true));
  return { tokens, off };
}

/**
 * Obeys a manifest's orders to the page. Most manifests give none, so the first order loads the code that obeys; a page
 * that is loaded while the worker is off needs it at once.
 */
export function createObeying(parts: Omit<OrdersParts, 'first'>): (orders: ClientOrders | undefined) => void {
  let obeying: Promise<Obey> | undefined;
  let first = true;
  const load = () => {
    const begun = { ...parts, first };
    obeying ??= import('./on-demand').then(({ createOrders }) => createOrders(begun));
    obeying.catch(() => (obeying = undefined));
    return obeying;
  };
  if (parts.off) void load();
  return (orders) => {
    if (orders || obeying || parts.failed())
      load()
        .then((run) => run(orders))
        .catch(() => {});
    first = false;
  };
}
