import { checkSecret } from '../http/check-secret';
import { purgeInstances, readAddresses, readHost } from './instances';
import { purgeFailed, type PurgeOptions, type Purger } from './purger';
import { renewal } from './nginx-renewal';
import type { PurgeCall } from './send';

export { createNginxFilesPurger } from './nginx-files';
export type { NginxFilesOptions } from './nginx-files';

/** Options of `createNginxLocationPurger`. */
export interface NginxLocationOptions extends PurgeOptions {
  /** Every nginx by itself: `http://10.0.0.5:8080`. */
  instances: readonly string[];
  /** Sent as `X-Purge-Token`; the configuration compares it. @default none is sent */
  token?: string;
  /** The `Host` that browsers ask for, under which tiles are cached; sent as `X-Purge-Host`. @default the URL's own */
  host?: string;
  /** `GET` renews the stored response through `proxy_cache_bypass`; `PURGE` is for builds with a purge module. @default 'GET' */
  method?: 'GET' | 'PURGE';
}

/**
 * Purges URL by URL through a location of nginx, as the configuration in docs/edge understands it. Needs publications that
 * name their URLs (a bounding box and an edge template); nginx knows no tags.
 * Each renewal is proven by a second look: what nginx stores is the answer to it, or nothing is.
 * Throws `INVALID_OPTION` for an address, a host or a token that cannot be used.
 */
export function createNginxLocationPurger(options: NginxLocationOptions): Purger {
  const { token = '', method = 'GET' } = options;
  checkSecret(token, 'token');
  const instances = readAddresses(options.instances, 'instances');
  const host = readHost(options.host);

  function renew(instance: string, url: string): PurgeCall {
    const { pathname, search, host: own } = new URL(url, instance);
    // The key holds the host that browsers name, and `fetch` does not let anybody set Host: the configuration takes this one.
    const headers = { 'x-purge-token': token, 'x-purge-host': host ?? own };
    return renewal({ url: `${instance}${pathname}${search}`, method, headers });
  }

  return {
    name: 'nginx',
    byTag: false,
    async purge({ urls }) {
      if (!urls) throw purgeFailed('nginx', 'a location purges URLs, and this publication names none');
      return purgeInstances('nginx', instances, options, token, (instance) => urls.map((url) => renew(instance, url)));
    },
  };
}
