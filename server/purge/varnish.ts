import type { Purger, PurgeOptions } from './purger';
import { createSender } from './send';

/** Options of `createVarnishPurger`. */
export interface VarnishOptions extends PurgeOptions {
  /** Every Varnish instance by itself: `http://10.0.0.5:6081`. A ban on one says nothing to the others. */
  instances: readonly string[];
  /** Sent as `X-Purge-Token`; the VCL compares it. */
  token?: string;
  /** Purges single URLs where a publication names them; else one ban a tag does all. @default false */
  byUrl?: boolean;
  /** The `Host` under which tiles are cached; a purge by URL needs it to find them. @default the URL's own */
  host?: string;
}

/** `PURGE` with `X-Cache-Tag` bans everything that bears the tag, without it drops one URL, as the VCL in docs/edge understands it. */
export function createVarnishPurger(options: VarnishOptions): Purger {
  const { instances, token, byUrl = false, host } = options;
  const auth: Record<string, string> = token === undefined ? {} : { 'x-purge-token': token };
  return {
    name: 'varnish',
    async purge({ tags, urls }) {
      const sender = createSender('varnish', options, { requestsPerSecond: 500 });
      for (const instance of instances) {
        if (urls && byUrl) {
          for (const url of urls) {
            const { pathname, search, host: own } = new URL(url, instance);
            // `fetch` does not let anybody set Host; the VCL takes this one in its place.
            await sender.send(`${instance}${pathname}${search}`, { method: 'PURGE', headers: { ...auth, 'x-purge-host': host ?? own } });
          }
          continue;
        }
        for (const tag of tags) {
          await sender.send(`${instance}/`, { method: 'PURGE', headers: { ...auth, 'x-cache-tag': tag } });
        }
      }
      return sender.result;
    },
  };
}
