import { checkSecret } from '../http/check-secret';
import type { Purger, PurgeOptions } from './purger';
import { flag } from '../../src/shared/validate';
import { purgeInstances, readAddresses, readHost } from './instances';
import { asGiven, checkPurgeOptions } from './purge-options';
import { type PurgeCall, unproven, type Verdict } from './send';

/** Options of `createVarnishPurger`. */
export interface VarnishOptions extends PurgeOptions {
  /**
   * The base URL of each Varnish instance: `http://10.0.0.5:6081`. A ban affects only the instance that receives it.
   */
  instances: readonly string[];
  /** A token, sent as `X-Purge-Token`, which the VCL compares. @default none is sent */
  token?: string;
  /** Purges URL by URL if a publication names URLs; otherwise one ban per tag covers everything. @default false */
  byUrl?: boolean;
  /** The `Host` under which tiles are cached; a purge by URL needs it to find them. @default the URL's own */
  host?: string;
}

/**
 * Creates a purger for Varnish, with the VCL in docs/edge. It sends `PURGE` with `X-Cache-Tag` to ban everything with
 * the tag, or without it to drop one URL. Throws `INVALID_OPTION` for an unusable address, host or token, and for an
 * unknown option.
 */
export function createVarnishPurger(options: VarnishOptions): Purger {
  checkPurgeOptions(options, { instances: asGiven, token: asGiven, byUrl: flag, host: asGiven });
  const { token, byUrl = false } = options;
  checkSecret(token, 'token');
  const instances = readAddresses(options.instances, 'instances');
  const host = readHost(options.host);
  const auth: Record<string, string> = token === undefined ? {} : { 'x-purge-token': token };

  function dropUrl(instance: string, url: string, found: (count: number) => void): PurgeCall {
    const { pathname, search, host: own } = new URL(url, instance);
    // `fetch` does not allow setting `Host`, so the VCL reads this header.
    return {
      url: `${instance}${pathname}${search}`,
      init: { method: 'PURGE', headers: { ...auth, 'x-purge-host': host ?? own } },
      judge: judgeFor('purged', found),
    };
  }

  const banTag = (instance: string, tag: string): PurgeCall => ({
    url: `${instance}/`,
    init: { method: 'PURGE', headers: { ...auth, 'x-cache-tag': tag } },
    judge: judgeFor('banned'),
  });

  return {
    name: 'varnish',
    byZoom: true,
    async purge({ tags, urls }) {
      const counts: number[] = [];
      const result = await purgeInstances('varnish', instances, options, token, (instance) =>
        urls && byUrl
          ? urls.map((url) => dropUrl(instance, url, (count) => void counts.push(count)))
          : tags.map((tag) => banTag(instance, tag)),
      );
      // Report this without failing: perhaps nobody had requested these tiles. A wrong host or query looks the same.
      const none = urls && byUrl && counts.length > 0 && counts.every((count) => count === 0);
      return none ? { ...result, detail: `none of the ${urls.length} URLs was cached there` } : result;
    },
  };
}

/**
 * Matches refusals such as `Not purged`, `Purge not allowed` or `Nothing to purge`, which some servers send with status
 * 200.
 */
const REFUSAL =
  /\b(no|not|nothing|never|unable|cannot|denied|forbidden|refused|disallowed|failed|failure|error|un\w+)\b/i;

/**
 * Judges an answer: the VCL in docs/edge confirms in `X-Tile-Purge`, other VCLs in the reason phrase (`Purged`,
 * `Banned`, `Ban added`). A 200 without either may come from a server that does not support PURGE.
 */
const judgeFor =
  (did: 'purged' | 'banned', found?: (count: number) => void) =>
  async (response: Response): Promise<Verdict> => {
    const own = response.headers.get('x-tile-purge');
    const phrases = { purged: /\bpurged?\b/i, banned: /\b(banned|ban added)\b/i };
    const { statusText } = response;
    const said =
      own === null ? phrases[did].test(statusText) && !REFUSAL.test(statusText) : own.trim().toLowerCase() === did;
    if (response.status === 200 && said) {
      const count = response.headers.get('x-tile-purged');
      if (count !== null && /^\d+$/.test(count)) found?.(Number(count));
      return { done: true };
    }
    return unproven(response);
  };
