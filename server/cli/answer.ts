import { TileCacheError } from '../../src/shared/errors';
import { sentences, wordsOf } from './words';

const ENDPOINT =
  "Check --url: the publish endpoint ends in /api/publish by default, and is there only where the origin's option publish is set.";

/** What to do where the origin itself did not say it. */
function remedyOf(status: number): string {
  if (status === 401 || status === 403) return 'Check the token, and what stands before the origin.';
  if (status >= 500) return 'Look at the origin, and publish again.';
  return 'Check --url, and what stands before the origin.';
}

/** The line that tells of a refusal. */
export async function refusalOf(response: Response): Promise<string> {
  const { status } = response;
  if (status < 400) return sentences(`The origin redirects (${status}), and no token goes along`, leadsTo(response));
  const body = (await response.json().catch(() => undefined)) as { error?: unknown } | null | undefined;
  // Whoever answers there knows nothing of publishing, so what they advise leads nowhere.
  if (status === 404 || status === 405)
    return sentences(`The origin refused (${status})`, 'No publish endpoint answers at this address', ENDPOINT);
  return sentences(`The origin refused (${status})`, wordsOf(body?.error) || remedyOf(status));
}

/** Where a redirect leads, without what may be a secret in its query. */
function leadsTo({ headers, url }: Response): string {
  const location = headers.get('location') ?? '';
  if (!URL.canParse(location, url || undefined)) return 'Check --url';
  const { origin, pathname } = new URL(location, url || undefined);
  return `Give the address that it leads to as --url, if that is your origin: ${origin}${pathname}`;
}

/** Throws for a page, a login form, a tile: whatever answered 200 and did not publish. */
export function checkAnswer({ headers }: Response): void {
  const type = (headers.get('content-type') ?? '').split(';')[0]!.trim().toLowerCase();
  if (type === '' || /[/+](x-ndjson|json)$/.test(type)) return;
  throw noEndpoint(`it answered with ${type.slice(0, 100)}`);
}

/** Nothing is known to be published, and to try again would not help. */
export function noEndpoint(why: string): TileCacheError {
  return new TileCacheError({
    code: 'NETWORK_FAILED',
    field: '--url',
    message: `--url is not a publish endpoint: ${why}.`,
    remedy: ENDPOINT,
  });
}
