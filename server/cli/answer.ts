import { TileCacheError } from '../../src/shared/errors';
import { sentences, wordsOf } from './words';

const ENDPOINT =
  "Check --url: the publish endpoint ends in /api/publish by default, and exists only if the origin's option publish is set.";

/** Returns a remedy for a status, if the origin gave none. */
function remedyOf(status: number): string {
  if (status === 401 || status === 403) return 'Check the token, and the proxies in front of the origin.';
  if (status >= 500) return 'Check the origin, and publish again.';
  return 'Check --url, and the proxies in front of the origin.';
}

/** Returns the line that reports a refusal. */
export async function refusalOf(response: Response): Promise<string> {
  const { status } = response;
  if (status < 400)
    return sentences(`The origin redirects (${status}), and the token must not follow`, leadsTo(response));
  const body = (await response.json().catch(() => undefined)) as { error?: unknown } | null | undefined;
  // No publish endpoint answers at this address, so the advice in the answer does not apply.
  if (status === 404 || status === 405)
    return sentences(`The origin refused (${status})`, 'No publish endpoint answers at this address', ENDPOINT);
  return sentences(`The origin refused (${status})`, wordsOf(body?.error) || remedyOf(status));
}

/** Returns the target of a redirect without its query, which may contain a secret. */
function leadsTo({ headers, url }: Response): string {
  const location = headers.get('location') ?? '';
  if (!URL.canParse(location, url || undefined)) return 'Check --url';
  const { origin, pathname } = new URL(location, url || undefined);
  return `Give the address that it leads to as --url, if that is your origin: ${origin}${pathname}`;
}

/** Throws if the answer is not the publish endpoint's: a page, a login form or a tile may also have status 200. */
export function checkAnswer({ headers }: Response): void {
  const type = (headers.get('content-type') ?? '').split(';')[0]!.trim().toLowerCase();
  if (type === '' || /[/+](x-ndjson|json)$/.test(type)) return;
  throw noEndpoint(`it answered with ${type.slice(0, 100)}`);
}

/** Creates the error for a wrong endpoint: nothing was published, and a retry would not help. */
export function noEndpoint(why: string): TileCacheError {
  return new TileCacheError({
    code: 'NETWORK_FAILED',
    field: '--url',
    message: `--url is not a publish endpoint: ${why}.`,
    remedy: ENDPOINT,
  });
}
