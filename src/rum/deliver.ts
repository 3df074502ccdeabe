import type { Env } from '../page/env';
import type { RumBatch } from '../shared/rum-schema';

/** `sent`: delivered. `refused`: the client never tries again. `failed`: the client tries later. */
export type Delivery = 'sent' | 'refused' | 'failed';

/** How batches leave the page. */
export interface Delivering {
  /** Hands a batch to the browser at once. Works while the page is being closed. */
  beacon(batch: RumBatch): Promise<Delivery>;
  /** Sends a batch and waits for the answer. */
  request(batch: RumBatch): Promise<Delivery>;
}

/**
 * Milliseconds. Without a limit, one endpoint that never answers would hold up the queue for as long as the page is
 * open.
 */
const ANSWERS_WITHIN = 30_000;

export type SendBeacon = (url: string, body: Blob) => boolean;

/** Creates the delivery of batches to an endpoint. */
export function createDelivering(
  env: Pick<Env, 'fetch' | 'href' | 'setTimeout' | 'clearTimeout'>,
  endpoint: string,
  sendBeacon: SendBeacon,
): Delivering {
  // Another origin would need a preflight for JSON, and a page that is being closed does not live to see its answer.
  const type = new URL(endpoint).origin === new URL(env.href).origin ? 'application/json' : 'text/plain';

  async function request(batch: RumBatch): Promise<Delivery> {
    const abort = new AbortController();
    const timer = env.setTimeout(() => abort.abort(), ANSWERS_WITHIN);
    try {
      const body = JSON.stringify(batch);
      const { ok, status } = await env.fetch(endpoint, {
        method: 'POST',
        body,
        headers: { 'Content-Type': type },
        keepalive: true,
        signal: abort.signal,
      });
      return ok ? 'sent' : status >= 500 || status === 429 || status === 408 ? 'failed' : 'refused';
    } catch {
      return 'failed';
    } finally {
      env.clearTimeout(timer);
    }
  }

  return {
    request,
    async beacon(batch) {
      let queued = false;
      try {
        queued = sendBeacon(endpoint, new Blob([JSON.stringify(batch)], { type }));
      } catch {
        // The browser has no `sendBeacon`, or a policy forbids it.
      }
      // False means that the beacons in flight have used up the browser's allowance.
      return queued ? 'sent' : request(batch);
    },
  };
}

/** Creates the delivery of batches to a function of the page. */
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
