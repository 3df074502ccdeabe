import { TileCacheError } from '../../src/shared/errors';
import { checkSecret } from '../http/check-secret';
import { word } from '../../src/shared/validate';
import { readAddresses } from './instances';
import { asGiven, checkPurgeOptions } from './purge-options';
import { batches, type PurgeOptions, type Purger } from './purger';
import { createSender, jsonOf, mayPass, unproven, type Verdict } from './send';

/** Options of `createCloudflarePurger`. */
export interface CloudflareOptions extends PurgeOptions {
  /** The zone's identifier. */
  zone: string;
  /** An API token whose only permission is to purge this zone's cache. */
  token: string;
  /** `tag` purges by cache tag, which the plan must support; `url` purges only single URLs. @default 'tag' */
  by?: 'tag' | 'url';
  /** The base URL of the API. @default 'https://api.cloudflare.com/client/v4' */
  api?: string;
}

/** Tags or URLs that one request may name. */
const BATCH = 30;

/**
 * Creates a purger for a Cloudflare zone. It purges by tag, or by URL if a publication names URLs. Throws
 * `INVALID_OPTION` for an invalid or unknown option, if the zone or the token is missing, or if no header can carry the token.
 */
export function createCloudflarePurger(options: CloudflareOptions): Purger {
  checkPurgeOptions(options, { zone: asGiven, token: asGiven, by: word('tag', 'url'), api: asGiven });
  const { zone, token, by = 'tag' } = options;
  if (!zone || !token) throw missing(!zone ? 'zone' : 'token');
  checkSecret(token, 'token');
  const [api] = readAddresses([options.api ?? 'https://api.cloudflare.com/client/v4'], 'api');
  const url = `${api}/zones/${encodeURIComponent(zone)}/purge_cache`;
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return {
    name: 'cloudflare',
    byZoom: by === 'tag',
    async purge({ tags, urls }) {
      if (!urls && by === 'url') throw missing('urls');
      const sender = createSender('cloudflare', options, { requestsPerSecond: 4, secrets: [token] });
      await sender.sendAll(
        batches(urls ?? tags, BATCH).map((batch) => ({
          url,
          judge,
          init: { method: 'POST', headers, body: JSON.stringify(urls ? { files: batch } : { tags: batch }) },
        })),
      );
      return sender.result;
    },
  };
}

/** Judges an answer by its body: Cloudflare may say `success: false` with a status that is not an error. */
async function judge(response: Response): Promise<Verdict> {
  const answer = (await jsonOf(response)) as { success?: unknown; errors?: unknown } | null | undefined;
  const errors: readonly unknown[] = Array.isArray(answer?.errors) ? answer.errors : [answer?.errors ?? []].flat();
  if (response.ok && answer?.success === true && errors.length === 0) return { done: true };
  const words = errors.map((error) => {
    const { code, message = error } = Object(error) as { code?: unknown; message?: unknown };
    return [code, message].filter((word) => typeof word === 'string' || typeof word === 'number').join(' ');
  });
  const said = words.filter(Boolean).join('; ');
  // An error that Cloudflare itself explains would occur again; a rate limit or an overload passes.
  if (said) return { done: false, again: mayPass(response.status), why: `answered ${response.status}: ${said}` };
  return unproven(response, response.ok ? 'without success' : undefined);
}

function missing(field: string): TileCacheError {
  return new TileCacheError({
    code: 'INVALID_OPTION',
    field,
    message: `cloudflare needs ${field}.`,
    remedy:
      field === 'urls'
        ? "Purge by tag, or give the layer's edge template so that its URLs are known."
        : `Give ${field}.`,
  });
}
