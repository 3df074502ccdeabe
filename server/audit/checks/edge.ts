import type { Check } from '../finding';
import { statusFromHeaders } from '../../publish/edge-status';
import { directives, lifetime, seconds } from '../cache-control';
import type { Evidence, Seen } from '../probe';

const ageOf = ({ headers }: Seen) => Number(headers.get('age') ?? 0);

/** Other headers in which edges declare their cache status. */
const OTHERS = ['x-vercel-cache', 'cdn-cache', 'x-proxy-cache', 'x-cache-lookup', 'x-nginx-cache', 'x-litespeed-cache'];

function saysHit({ headers }: Seen): boolean {
  const others = OTHERS.map((name) => headers.get(name) ?? '').join(' ');
  return (
    statusFromHeaders({ headers }) === 'hit' ||
    /(^|[^a-z])hit([^a-z]|$)/i.test(others) ||
    /cdn-cache;\s*desc="?hit/i.test(headers.get('server-timing') ?? '') ||
    // On a hit, Varnish sends two numbers: this request's, and that of the request that fetched the tile.
    /^\d+ \d+$/.test((headers.get('x-varnish') ?? '').trim()) ||
    /(^|[,\s])[1-9]/.test(headers.get('x-cache-hits') ?? '')
  );
}

/** Returns whether the response came from a cache, by any of the headers in which edges say so. */
const isHit = (seen: Seen) => ageOf(seen) > 0 || saysHit(seen);

export const queryIgnored: Check = ({ queried }) =>
  queried.every(isHit)
    ? {
        code: 'query-ignored',
        level: 'error',
        seen: 'a query that was never requested before is a hit',
        happens:
          '?v= has no effect: the edge sends the old tile for the new version, and browsers store it as the new one.',
        cure: 'Put the query (or v alone) into the edge’s cache key, or the version into the path.',
      }
    : undefined;

/** Headers for edges alone, hidden from most browsers; the first one counts (RFC 9213 section 2.2). */
const TARGETED = ['cloudflare-cdn-cache-control', 'cdn-cache-control', 'surrogate-control'];

export const edgeForbidden: Check = ({ first: { headers } }) => {
  const name = TARGETED.find((each) => headers.has(each));
  const found = directives(name === undefined ? null : headers.get(name));
  const none = ['no-store', 'private', 'no-cache'].some((each) => found.has(each)) || seconds(found, 'max-age') === 0;
  const own = directives(headers.get('cache-control'));
  const accel = headers.get('x-accel-expires')?.trim() === '0';
  if (!(none || accel) || ['no-store', 'private', 'no-cache'].some((each) => own.has(each))) return undefined;
  return {
    code: 'edge-forbidden',
    level: 'warning',
    seen: none ? `${name}: ${headers.get(name!)}` : 'X-Accel-Expires: 0',
    happens: 'The edge stores nothing, whatever Cache-Control says: every browser’s request goes to the origin.',
    cure: 'Remove it, or set the lifetime that the edge may use.',
  };
};

/** Returns whether the edge does not try to cache: `BYPASS`, `DYNAMIC`, `PASS`. */
const passes = ({ headers }: Seen) =>
  ['cf-cache-status', 'x-cache-status', 'x-cache', ...OTHERS].some((name) =>
    /(^|[^a-z])(bypass|dynamic|pass|uncacheable)([^a-z]|$)/i.test(headers.get(name) ?? ''),
  ) || /;\s*fwd=bypass/i.test(headers.get('cache-status') ?? '');

const bearsSecret = ({ task }: Evidence) =>
  Object.keys(task.headers).some((name) => /^(authorization|cookie)$/i.test(name));

/** Reports an edge that may store the tile, but does not. */
export const edgeIdle: Check = (evidence) => {
  const { first, second, conditional } = evidence;
  const { headers } = second;
  const own = directives(headers.get('cache-control'));
  const barred = ['no-store', 'private', 'no-cache'].some((name) => own.has(name)) || headers.has('set-cookie');
  const fresh = seconds(own, 's-maxage') ?? lifetime(headers) ?? 0;
  if (barred || bearsSecret(evidence) || fresh === 0) return undefined;
  const seen = [first, second, ...(conditional ? [conditional] : [])];
  const missed = seen.length === 3 && seen.every((each) => ageOf(each) === 0 && statusFromHeaders(each) === 'miss');
  if (!missed && ![first, second].every(passes)) return undefined;
  return {
    code: 'edge-idle',
    level: 'warning',
    seen: missed
      ? 'the same tile is a miss at the edge each time'
      : 'the edge passes the tile through, and stores none',
    happens:
      'Every browser’s request goes to the origin. An edge of many machines fills one by one: run the audit again.',
    cure: 'Make the path cacheable at the edge (Cloudflare: a cache rule; nginx: no proxy_cache_bypass; Varnish: no return (pass)).',
  };
};

const TAG_HEADERS = ['cache-tag', 'edge-cache-tag', 'surrogate-key', 'xkey'];

export const noTags: Check = ({ task, first: { headers } }) =>
  task.tags && TAG_HEADERS.every((name) => !headers.get(name)?.trim())
    ? {
        code: 'no-tags',
        level: 'error',
        seen: 'neither Cache-Tag nor Surrogate-Key',
        happens: 'A purge by tag finds nothing: the edge keeps old tiles after a publication.',
        cure: 'Wrap the tile handler with origin.tileHeaders(), or keep a proxy before the edge from stripping them.',
      }
    : undefined;

/** Reports a version label that changes without a publication: servers behind one address disagree. */
export const versionFlaps: Check = ({ first, second, conditional }) => {
  const labels = [first, second, ...(conditional ? [conditional] : [])].flatMap(
    ({ headers }) => headers.get('x-tile-version') ?? [],
  );
  return new Set(labels).size > 1
    ? {
        code: 'version-flaps',
        level: 'error',
        seen: `X-Tile-Version: ${[...new Set(labels)].join(', then ')}`,
        happens:
          'Servers behind one address answer with different versions: the worker treats one of them as outdated, and requests tiles again and again.',
        cure: 'Give all servers the same version store (createRedisVersionStore), and look for one that was not updated.',
      }
    : undefined;
};

export const clearsSite: Check = ({ first: { headers } }) =>
  headers.has('clear-site-data')
    ? {
        code: 'clears-site',
        level: 'error',
        seen: `Clear-Site-Data: ${headers.get('clear-site-data')}, on a tile`,
        happens:
          'Each tile clears the browser’s cache, or everything that is stored for the site, including offline maps.',
        cure: 'Send it only with the response to a logout.',
      }
    : undefined;
