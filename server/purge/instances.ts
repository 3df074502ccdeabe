import { TileCacheError } from '../../src/shared/errors';
import { purgeFailed, type PurgeOptions, type PurgeResult } from './purger';
import { createSender, type PurgeCall } from './send';

/** Requests per second that an instance handles easily, because it answers purges itself. */
const REQUESTS_PER_SECOND = 500;

/**
 * Reads the base addresses for purges and removes trailing slashes. Throws `INVALID_OPTION` for an address that is not
 * HTTP(S) or contains a user or password, because `fetch` refuses those and reports show the address.
 */
export function readAddresses(values: readonly string[], field: string): string[] {
  // Without an instance, every purge would succeed and purge nothing.
  if (!Array.isArray(values) || values.length === 0) {
    throw new TileCacheError({
      code: 'INVALID_OPTION',
      field,
      message: `${field} must be a list with at least one address.`,
      remedy: 'List every instance separately, such as http://10.0.0.5:8080.',
    });
  }
  return (values as readonly string[]).map((value) => {
    const url = URL.canParse(value) ? new URL(value) : undefined;
    if (url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash) {
      return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
    }
    throw new TileCacheError({
      code: 'INVALID_OPTION',
      field,
      message: `${field} must be http or https addresses without user, password or query.`,
      remedy: 'Give addresses such as http://10.0.0.5:8080, and the secret as token.',
    });
  });
}

/** Reads the `Host` under which tiles are cached. Throws `INVALID_OPTION` if it is invalid. */
export function readHost(host: string | undefined): string | undefined {
  if (host === undefined || /^([\w.-]+|\[[\da-f:.]+\])(:\d+)?$/i.test(host)) return host?.toLowerCase();
  throw new TileCacheError({
    code: 'INVALID_OPTION',
    field: 'host',
    message: 'host must be a host name.',
    remedy: "Give the host of the tiles' URLs, such as tiles.example.",
  });
}

/**
 * Purges all instances in parallel, each with its own patience, so that a dead instance does not keep the others from
 * dropping old tiles. Rejects with `NETWORK_FAILED` after all have ended, and names those that failed.
 */
export async function purgeInstances(
  name: string,
  instances: readonly string[],
  options: PurgeOptions,
  token: string | undefined,
  callsOf: (instance: string) => readonly PurgeCall[],
): Promise<PurgeResult> {
  const defaults = { requestsPerSecond: REQUESTS_PER_SECOND, secrets: token ? [token] : [] };
  const senders = instances.map(() => createSender(name, options, defaults));
  const ends = await Promise.allSettled(instances.map((instance, i) => senders[i]!.sendAll(callsOf(instance))));
  const failures = ends.flatMap((end, i) =>
    end.status === 'rejected' ? [`${new URL(instances[i]!).host} ${reasonOf(name, end.reason)}`] : [],
  );
  if (failures.length > 0) {
    throw purgeFailed(name, `${failures.length} of ${instances.length} instances not purged: ${failures.join('; ')}`);
  }
  return senders.reduce(
    (sum, { result }) => ({ requests: sum.requests + result.requests, retries: sum.retries + result.retries }),
    { requests: 0, retries: 0 },
  );
}

/** Shortens the reason of each instance, so that all of them fit. */
function reasonOf(name: string, reason: unknown): string {
  return String((reason as Error).message)
    .replace(`${name}: `, '')
    .slice(0, 120);
}
