import { TileCacheError } from '../../src/shared/errors';
import { checkSecret } from '../http/check-secret';
import { flag } from '../../src/shared/validate';
import { readAddresses } from './instances';
import { asGiven, checkPurgeOptions } from './purge-options';
import { batches, type PurgeOptions, type Purger } from './purger';
import { createSender, jsonOf, type PurgeCall, unproven, type Verdict } from './send';

/** Options of `createFastlyPurger`. */
export interface FastlyOptions extends PurgeOptions {
  /** The service's identifier. */
  service: string;
  /** An API token with the scope `purge_select`. */
  token: string;
  /**
   * Marks tiles as stale instead of dropping them, so that stale-while-revalidate and stale-if-error keep working.
   * @default false
   */
  soft?: boolean;
  /** The base URL of the API. @default 'https://api.fastly.com' */
  api?: string;
}

/** Surrogate keys that one request may name. */
const BATCH = 256;

/**
 * Creates a purger for a Fastly service. It purges by surrogate key. After a soft purge, the edge may show the old tile
 * once more. Throws `INVALID_OPTION` for an invalid or unknown option, if the service or the token is missing, or if no
 * header can carry the token.
 */
export function createFastlyPurger(options: FastlyOptions): Purger {
  checkPurgeOptions(options, { service: asGiven, token: asGiven, soft: flag, api: asGiven });
  const { service, token, soft = false } = options;
  for (const field of ['service', 'token'] as const) {
    if (options[field]) continue;
    throw new TileCacheError({
      code: 'INVALID_OPTION',
      field,
      message: `fastly needs ${field}.`,
      remedy: `Give ${field}.`,
    });
  }
  checkSecret(token, 'token');
  const [api] = readAddresses([options.api ?? 'https://api.fastly.com'], 'api');
  const headers = {
    'fastly-key': token,
    'content-type': 'application/json',
    accept: 'application/json',
    ...(soft && { 'fastly-soft-purge': '1' }),
  };
  const url = `${api}/service/${encodeURIComponent(service)}/purge`;
  const purgeKeys = (keys: readonly string[]): PurgeCall => ({
    url,
    init: { method: 'POST', headers, body: JSON.stringify({ surrogate_keys: keys }) },
    judge: (response) => judge(response, keys, purgeKeys),
  });
  return {
    name: 'fastly',
    byZoom: true,
    async purge({ tags }) {
      const sender = createSender('fastly', options, { requestsPerSecond: 10, secrets: [token] });
      await sender.sendAll(batches(tags, BATCH).map(purgeKeys));
      return sender.result;
    },
  };
}

/** Matches the id of a purge, such as `108-1391560174-974124`: one word that contains a digit, not a sentence. */
const PURGE_ID = /^(?=.*\d)[\w.:-]{1,128}$/;

/** Keys that an error message names. */
const NAMED = 5;

/** Judges an answer: Fastly returns every purged key with the id of its purge. A 200 without them proves nothing. */
async function judge(
  response: Response,
  keys: readonly string[],
  purgeKeys: (keys: readonly string[]) => PurgeCall,
): Promise<Verdict> {
  if (!response.ok) return unproven(response);
  const answer = await jsonOf(response);
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer))
    return unproven(response, 'with an unreadable body');
  const ids = new Map<string, unknown>(Object.entries(answer));
  const status = keys.includes('status') ? undefined : ids.get('status');
  if (typeof status === 'string' && /error|fail/i.test(status)) return unproven(response, `with status ${status}`);
  const left = keys.filter((key) => {
    const id = ids.get(key);
    return typeof id !== 'string' || !PURGE_ID.test(id) || /error|fail|denied/i.test(id);
  });
  if (left.length === 0) return { done: true };
  const named = `${left.slice(0, NAMED).join(', ')}${left.length > NAMED ? ', …' : ''}`;
  const why = `did not confirm ${left.length} of ${keys.length} keys: ${named}`;
  return { done: false, again: true, why, rest: purgeKeys(left) };
}
