import { type Ask, type PurgeCall, textOf, unproven, type Verdict } from './send';

/** A request that renews or purges a URL at an nginx. */
export interface RenewalRequest {
  url: string;
  method: 'GET' | 'PURGE';
  headers: Record<string, string>;
}

/**
 * Returns the cache status that nginx declares: the last member of `Cache-Status` (RFC 9211 section 2) is the nearest
 * cache's.
 */
function statusOf(response: Response): 'hit' | 'miss' | 'bypass' | 'stale' | undefined {
  const nearest = response.headers.get('cache-status')?.split(',').pop() ?? '';
  if (/;\s*hit\b/.test(nearest)) return 'hit';
  return /;\s*fwd=(miss|bypass|stale)\b/.exec(nearest)?.[1] as 'miss' | 'bypass' | 'stale' | undefined;
}

const FIELDS = ['content-type', 'etag', 'last-modified', 'location', 'x-tile-version'];
/** Status codes of responses that may replace a stored tile: the tile, its absence, or a redirect. */
const TAKES_PLACE = [200, 204, 301, 302, 303, 307, 308, 404, 410];

/** Returns a fingerprint that distinguishes stored responses. */
async function printOf(response: Response): Promise<string> {
  const fields = FIELDS.map((name) => response.headers.get(name));
  return JSON.stringify([response.status, ...fields, await textOf(response)]);
}

const not = (why: string, again = false): Verdict => ({ done: false, again, why });

/** Requests what nginx has stored, without renewing it. */
function lookAt({ url, headers }: RenewalRequest, ask: Ask): Promise<Response> {
  return ask(url, { method: 'GET', headers: { ...headers, 'x-purge-look': '1' } });
}

/**
 * Judges a renewal through `proxy_cache_bypass`: a second request must find the renewed response stored, or nothing.
 */
async function renewed(request: RenewalRequest, response: Response, ask: Ask): Promise<Verdict> {
  const { status, headers } = response;
  // A refusal or a failure does not replace the stored tile.
  if (!TAKES_PLACE.includes(status)) return unproven(response);
  const how = statusOf(response);
  if (how === undefined) return not(`answered ${status} without a Cache-Status: nothing proves a renewal`);
  if (how !== 'bypass') return not(`did not renew (${how}): the token differs from the one in its configuration`);
  const vary = headers.get('vary');
  if (vary?.trim()) return not(`stores variants by ${vary}, and renews one of them only: delete its files instead`);
  const print = await printOf(response);
  const stored = await lookAt(request, ask);
  switch (statusOf(stored)) {
    case 'miss':
      await stored.body?.cancel().catch(() => undefined);
      return { done: true };
    case 'hit':
      if ((await printOf(stored)) === print) return { done: true };
      return not(`answered ${status} with a response that it does not store, and keeps the old tile`, true);
    case 'stale':
      await stored.body?.cancel().catch(() => undefined);
      return not('keeps a stale tile, and nothing proves which one', true);
    default:
      await stored.body?.cancel().catch(() => undefined);
      return not('does not show what it stores: its configuration lacks X-Purge-Look');
  }
}

/**
 * Judges a purge by a purge module. If the module does not say that it dropped something, a second request must prove
 * it.
 */
async function purged(request: RenewalRequest, response: Response, ask: Ask): Promise<Verdict> {
  const { ok, status } = response;
  if (!ok && status !== 404 && status !== 412) return unproven(response);
  if (ok && /successful purge|"key"\s*:/i.test(await textOf(response))) return { done: true };
  const stored = await lookAt(request, ask);
  await stored.body?.cancel().catch(() => undefined);
  const how = statusOf(stored);
  if (how === 'miss') return { done: true };
  return not(`answered ${status} to PURGE, and then ${how ?? 'no Cache-Status'}: nothing proves the purge`, true);
}

/** Creates the purge of one URL. */
export function renewal(request: RenewalRequest): PurgeCall {
  const { url, method, headers } = request;
  const judge = method === 'GET' ? renewed : purged;
  return { url, init: { method, headers }, judge: (response, ask) => judge(request, response, ask) };
}
