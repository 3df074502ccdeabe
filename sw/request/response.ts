import { appendCacheStatus, type CacheStatusEntry } from '../../src/shared/cache-status';
import type { Clause } from '../../src/shared/clauses';
import { currentAge, isAgeKnown } from '../http/freshness';
import { HIDES_HEADER } from '../http/statuses';
import { META_HEADER } from '../store/tile-meta';
import type { Tile } from '../store/tile-store';

/** How an answer came about; becomes `Cache-Status` and `Server-Timing`. */
export interface Served {
  cacheStatus: CacheStatusEntry;
  /** The version that there is evidence for; '' labels nothing. */
  version: string;
  versionHeader: string;
  /** One word for `Server-Timing`. */
  word: string;
  /** The clause that decided, for the same. */
  why: Clause | undefined;
  /** Milliseconds since the request arrived. */
  duration: number;
  now: number;
  /** It goes into an image element: browsers keep those in a memory of their own, over navigations too. */
  image: boolean;
}

type Parts = [string, string][];

const ours = new Set(['age', 'cache-control', 'cache-status', 'server-timing', META_HEADER, HIDES_HEADER]);

/** The headers of a stored tile that are the same for each answer; worked out once for a tile in memory. */
const fixed = new WeakMap<
  Headers,
  { parts: Parts; control: string | null; cacheStatus: string | null; timing: string | null }
>();

function fixedParts(headers: Headers, versionHeader: string) {
  let entry = fixed.get(headers);
  if (!entry) {
    const parts: Parts = [];
    const lowered = versionHeader.toLowerCase();
    headers.forEach((value, name) => {
      if (!ours.has(name) && name !== lowered) parts.push([name, value]);
    });
    entry = {
      parts,
      control: headers.get('cache-control'),
      cacheStatus: headers.get('cache-status'),
      timing: headers.get('server-timing'),
    };
    fixed.set(headers, entry);
  }
  return entry;
}

/**
 * What an image element is told. Its memory would show a tile again, fresh by the origin's word, without asking the worker:
 * after a purge, too. The origin's own directives stay beside it.
 */
export const forImage = (control: string | null): string => (control ? `${control}, no-cache` : 'no-cache');

/** The headers of an answer: the origin's, with Age (RFC 9111 section 5.1), Cache-Status (RFC 9211) and ours. */
export function servedHeaders(
  tile: Pick<Tile, 'headers' | 'requestAt' | 'responseAt' | 'status' | 'clockAhead'>,
  served: Served,
): Parts {
  const { parts, control, cacheStatus, timing } = fixedParts(tile.headers, served.versionHeader);
  const age = Math.floor(currentAge(tile, served.now));
  // Where the clock cannot tell, `age` is the least that it can be.
  const known = isAgeKnown(tile, served.now) ? '' : ';desc=unknown';
  const ownTiming = `sw-tile-cache;desc=${served.word};dur=${served.duration.toFixed(1)}, tile-age${known};dur=${age}${clause(served.why)}`;
  const headers = parts.slice();
  const told = served.image ? forImage(control) : control;
  if (told !== null) headers.push(['cache-control', told]);
  headers.push(
    ['age', String(age)],
    ['cache-status', appendCacheStatus(cacheStatus, served.cacheStatus)],
    ['server-timing', timing ? `${timing}, ${ownTiming}` : ownTiming],
  );
  if (served.version) headers.push([served.versionHeader, served.version]);
  return headers;
}

const clause = (why: Clause | undefined) => (why ? `, tile-why;desc=${why}` : '');

const NULL_BODY = new Set([101, 103, 204, 205, 304]);

/** An answer from a tile and a body. An opaque response cannot be labelled: it goes as it is. */
export function respond(tile: Tile, body: BodyInit | null, served: Served): Response {
  if (tile.response?.type === 'opaque') return tile.response;
  return new Response(NULL_BODY.has(tile.status) ? null : body, {
    status: tile.status,
    headers: servedHeaders(tile, served),
  });
}

/** What a page gets when neither the store nor the origin has an answer (RFC 9111 section 5.2.1.7, RFC 9110 section 15.6.5). */
export function gatewayTimeout(entry: CacheStatusEntry, duration: number, why?: Clause): Response {
  return new Response(null, {
    status: 504,
    statusText: 'Gateway Timeout',
    headers: {
      'cache-control': 'no-store',
      'cache-status': appendCacheStatus(null, entry),
      'server-timing': `sw-tile-cache;desc=error;dur=${duration.toFixed(1)}${clause(why)}`,
    },
  });
}
