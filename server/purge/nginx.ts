import { checkSecret } from '../http/check-secret';
import { word } from '../../src/shared/validate';
import { purgeInstances, readAddresses, readHost } from './instances';
import { asGiven, checkPurgeOptions } from './purge-options';
import { purgeFailed, type PurgeOptions, type Purger } from './purger';
import { renewal } from './nginx-renewal';
import type { PurgeCall } from './send';

export { createNginxFilesPurger } from './nginx-files';
export type { NginxFilesOptions } from './nginx-files';

/** Options of `createNginxLocationPurger`. */
export interface NginxLocationOptions extends PurgeOptions {
  /** The base URL of each nginx instance: `http://10.0.0.5:8080`. */
  instances: readonly string[];
  /** A token, sent as `X-Purge-Token`, which nginx's configuration compares. @default none is sent */
  token?: string;
  /**
   * The `Host` under which tiles are cached, which is the one that browsers request; sent as `X-Purge-Host`.
   * @default the URL's own
   */
  host?: string;
  /**
   * `GET` renews the stored response through `proxy_cache_bypass`; `PURGE` needs a build with a purge module.
   * @default 'GET'
   */
  method?: 'GET' | 'PURGE';
}

/**
 * Creates a purger for nginx that purges URL by URL, through a location as configured in docs/edge. nginx knows no
 * tags, so publications must name URLs: they need a bounding box and an edge template. A second request proves each
 * renewal: nginx must have stored the new answer, or nothing. Throws `INVALID_OPTION` for an unusable address, host or
 * token, and for an unknown option.
 */
export function createNginxLocationPurger(options: NginxLocationOptions): Purger {
  checkPurgeOptions(options, {
    instances: asGiven,
    token: asGiven,
    host: asGiven,
    method: word('GET', 'PURGE'),
  });
  const { token = '', method = 'GET' } = options;
  checkSecret(token, 'token');
  const instances = readAddresses(options.instances, 'instances');
  const host = readHost(options.host);

  function renew(instance: string, url: string): PurgeCall {
    const { pathname, search, host: own } = new URL(url, instance);
    // nginx's key contains the host that browsers request. `fetch` does not allow setting `Host`, so the configuration
    // reads this header.
    const headers = { 'x-purge-token': token, 'x-purge-host': host ?? own };
    return renewal({ url: `${instance}${pathname}${search}`, method, headers });
  }

  return {
    name: 'nginx',
    byTag: false,
    async purge({ urls }) {
      if (!urls) throw purgeFailed('nginx', 'a purge location needs URLs, and this publication has none');
      return purgeInstances('nginx', instances, options, token, (instance) => urls.map((url) => renew(instance, url)));
    },
  };
}
