import { directives, lifetime, seconds } from './cache-control';
import type { Evidence } from './probe';

/** How each cache will treat a tile. */
export interface Forecast {
  /** How a shared cache will treat it, in words. */
  edge: string;
  /** How the browser's HTTP cache will treat it, in words. */
  browser: string;
  /** How the worker will treat it, in words. */
  worker: string;
}

/** Interprets the headers. Pure. */
export function forecast({ first: { headers } }: Evidence): Forecast {
  const found = directives(headers.get('cache-control'));
  const maxAge = lifetime(headers);
  const shared = seconds(found, 's-maxage') ?? maxAge;
  const validated = headers.has('etag') || headers.has('last-modified') ? 'validated' : 'fetched again';
  const none = found.has('no-store');
  const each = found.has('no-cache') || maxAge === 0;
  const kept = (lifetime: number | undefined) =>
    lifetime === undefined ? 'fresh for as long as the cache guesses' : `fresh for ${lifetime} s`;
  const swr = seconds(found, 'stale-while-revalidate');
  const sie = seconds(found, 'stale-if-error');
  const windows = [
    ...(swr ? [`then shown at once and ${validated} behind for ${swr} s`] : [`then ${validated} before use`]),
    ...(sie ? [`kept for a failing origin for ${sie} s`] : []),
  ].join(', ');
  if (none) return { edge: 'not stored', browser: 'not stored', worker: 'not stored; not there offline' };
  return {
    edge: found.has('private') ? 'not stored' : `${kept(shared)}, ${windows}`,
    browser: each ? `${validated} at each use` : `${kept(maxAge)}, ${swr ? windows : `then ${validated}`}`,
    worker: each
      ? `stored, ${validated} at each use`
      : `${kept(maxAge)} unless the layer says otherwise, ${windows}${headers.has('x-tile-version') ? '; its version is known, so a new one reaches it at once' : '; by a purge or a new version in the URL it is renewed before'}`,
  };
}
