import type { Check } from '../finding';
import type { Seen } from '../probe';

/** From a cache, by any of the headers in which edges say so. */
const isHit = ({ headers }: Seen) =>
  Number(headers.get('age') ?? 0) > 0 ||
  /;\s*hit/i.test(headers.get('cache-status') ?? '') ||
  /\bhit\b/i.test(headers.get('x-cache') ?? '') ||
  /^hit$/i.test(headers.get('cf-cache-status') ?? '');

export const queryIgnored: Check = ({ queried }) =>
  queried.every(isHit)
    ? {
        code: 'query-ignored',
        level: 'error',
        seen: 'a query that nobody asked for before is a hit',
        happens:
          '?v= busts nothing: the edge answers the old tile under the new version, and browsers keep it as the new one.',
        cure: 'Put the query (or v alone) into the edge’s cache key, or the version into the path.',
      }
    : undefined;

export const noTags: Check = ({ task, first: { headers } }) =>
  task.tags && !headers.has('cache-tag') && !headers.has('surrogate-key')
    ? {
        code: 'no-tags',
        level: 'error',
        seen: 'neither Cache-Tag nor Surrogate-Key',
        happens: 'A purge by tag finds nothing: the edge keeps old tiles after a publication.',
        cure: 'Wrap the tile handler with origin.tileHeaders(), or keep a proxy before the edge from stripping them.',
      }
    : undefined;
