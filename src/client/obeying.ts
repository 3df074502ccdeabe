import { attempt, type Env } from '../page/env';
import type { Tabs } from '../page/tabs';
import type { ClientOrders } from '../shared/manifest';
import type { WorkerLink } from '../worker/link';
import { onDemand } from './load-on-demand';
import { DONE, OFF, type Obey } from './off-key';
import type { OrdersParts } from './orders';
import type { ClientParts } from './parts';

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
    (await onDemand()
      .then(({ isSwitchedOff }) => isSwitchedOff(storage, script))
      .catch(() => true));
  return { tokens, off };
}

/** The origin's orders to the page. */
export interface Orders {
  /** Carries out a manifest's orders. */
  obey(orders: ClientOrders | undefined): void;
  /** Takes note of orders that another page has carried out. */
  recalled(orders: ClientOrders | undefined): void;
  /** Returns the operator's message, if there is one. */
  message(): { message?: string };
}

/**
 * Obeys a manifest's orders to the page. Most manifests give none, so the first order loads the code that obeys; a page
 * that is loaded while the worker is off needs it at once. Calls `changed` when the operator's message may have changed.
 */
export function createObeying(
  { env, settings, emit }: Pick<ClientParts, 'env' | 'settings' | 'emit'>,
  link: WorkerLink,
  { tokens, off }: Noted,
  changed: () => void,
): Orders {
  let obeying: Promise<Obey> | undefined;
  let first = true;
  let message: string | undefined;
  const failed = () => link.error !== undefined && !link.active();
  const load = () => {
    const begun = {
      ...{ env, settings, failed, first, off, noted: tokens, scope: () => link.scope },
      told: (done: ClientOrders) => emit('ordered', done),
    };
    obeying ??= onDemand().then(({ createOrders }) => createOrders(begun));
    obeying.catch(() => (obeying = undefined));
    return obeying;
  };
  const recalled = (orders: ClientOrders | undefined) => {
    message = orders?.message;
    changed();
  };
  if (off) void load();
  return {
    obey(orders) {
      recalled(orders);
      if (orders || obeying || failed())
        load()
          .then((run) => run(orders))
          .catch(() => {});
      first = false;
    },
    recalled,
    message: () => (message ? { message } : {}),
  };
}
