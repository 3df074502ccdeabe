import type { Env } from '../page/env';
import type { RumBatch } from '../shared/rum-schema';

/** `sent`; `refused`: never try again; `failed`: try later. */
export type Delivery = 'sent' | 'refused' | 'failed';

/** How batches leave the page. */
export interface Delivering {
  /** Hands a batch to the browser at once; usable while the page goes away. */
  beacon(batch: RumBatch): Promise<Delivery>;
  /** Sends a batch and waits for the answer. */
  request(batch: RumBatch): Promise<Delivery>;
}

export type SendBeacon = (url: string, body: Blob) => boolean;

/** Creates the way to an endpoint. */
export function createDelivering(
  env: Pick<Env, 'fetch' | 'href'>,
  endpoint: string,
  sendBeacon: SendBeacon,
): Delivering {
  // JSON to another origin would need a preflight, which a page that goes away does not live to see.
  const type = new URL(endpoint).origin === new URL(env.href).origin ? 'application/json' : 'text/plain';

  async function request(batch: RumBatch): Promise<Delivery> {
    try {
      const body = JSON.stringify(batch);
      const { ok, status } = await env.fetch(endpoint, {
        method: 'POST',
        body,
        headers: { 'Content-Type': type },
        keepalive: true,
      });
      return ok ? 'sent' : status >= 500 || status === 429 || status === 408 ? 'failed' : 'refused';
    } catch {
      return 'failed';
    }
  }

  return {
    request,
    async beacon(batch) {
      let queued = false;
      try {
        queued = sendBeacon(endpoint, new Blob([JSON.stringify(batch)], { type }));
      } catch {
        // Missing, or forbidden by a policy.
      }
      // False: what is in flight already fills the browser's allowance.
      return queued ? 'sent' : request(batch);
    },
  };
}

/** Deliveries through a function of the page's own. */
export function createHook(send: (batch: RumBatch) => boolean | Promise<boolean>): Delivering {
  const request = async (batch: RumBatch): Promise<Delivery> => {
    try {
      return (await send(batch)) ? 'sent' : 'failed';
    } catch {
      return 'failed';
    }
  };
  return { request, beacon: request };
}
