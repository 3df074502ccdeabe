import { attempt, type Env } from '../page/env';
import type { Tabs } from '../page/tabs';
import type { ClientOrders } from '../shared/manifest';
import { DONE, OFF, type Obey } from './off-key';
import type { OrdersParts } from './orders';

/** What was noted of the origin's orders when the page began. */
interface Noted {
  tokens: OrdersParts['noted'];
  /** A worker that the origin has switched off stays so until a manifest says otherwise. */
  off: boolean;
}

/** `script`: the worker's address. */
export async function readNoted(env: Env & Partial<Tabs>, script: string | undefined): Promise<Noted> {
  const storage = attempt(() => env.storage ?? localStorage);
  const tokens = attempt(() => storage?.getItem(DONE));
  const off =
    !!attempt(() => storage?.getItem(OFF)) &&
    (await import('./on-demand').then(({ isSwitchedOff }) => isSwitchedOff(storage, script)).catch(() => true));
  return { tokens, off };
}

/** Obeys what a manifest asks of the page. Most never ask anything: what does the work is loaded with the first order. */
export function createObeying(
  parts: Omit<OrdersParts, 'first'>,
  off: boolean,
): (orders: ClientOrders | undefined) => void {
  let obeying: Promise<Obey> | undefined;
  let first = true;
  return (orders) => {
    const begun = { ...parts, first };
    first = false;
    if (!orders && !off && !obeying && !parts.failed()) return;
    obeying ??= import('./on-demand').then(({ createOrders }) => createOrders(begun));
    obeying.then((run) => run(orders)).catch(() => (obeying = undefined));
  };
}
