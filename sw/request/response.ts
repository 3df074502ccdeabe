import { appendCacheStatus, type CacheStatusEntry } from '../../src/shared/cache-status';
import type { Clause } from '../../src/shared/clauses';
import { currentAge, isAgeKnown } from '../http/freshness';
import { HIDES_HEADER, NULL_BODY } from '../http/statuses';
import { META_HEADER } from '../store/tile-meta';
import type { Tile } from '../store/tile-store';

/** Describes how an answer came about, for `Cache-Status` and `Server-Timing`. */
export interface Served {
  cacheStatus: CacheStatusEntry;
  /** The version that the tile is evidence for; '' sends no label. */
  version: string;
  versionHeader: string;
  /** The tile's status, in one word, for `Server-Timing`. */
  word: string;
  /** The clause that decided, also for `Server-Timing`. */
  why: Clause | undefined;
  /** Milliseconds since the request arrived. */
  duration: number;
  /** Epoch milliseconds. */
  now: number;
  /**
   * True if the answer goes into an image element: browsers keep images in a memory cache of their own, over
   * navigations too.
   */
  image: boolean;
}

type Parts = [string, string][];

const ours = new Set(['age', 'cache-control', 'cache-status', 'server-timing', META_HEADER, HIDES_HEADER]);

/** For each stored tile's headers, the parts that are the same in each answer: a tile in memory needs them once. */
const fixed = new WeakMap<Headers, { parts: Parts; upstream: Upstream }>();

function fixedParts(headers: Headers, versionHeader: string) {
  let entry = fixed.get(headers);
  if (!entry) {
    const parts: Parts = [];
    const lowered = versionHeader.toLowerCase();
    headers.forEach((value, name) => {
      if (!ours.has(name) && name !== lowered) parts.push([name, value]);
    });
    entry = { parts, upstream: upstreamOf(headers) };
    fixed.set(headers, entry);
  }
  return entry;
}

/**
 * Returns the Cache-Control for an image element. The browser's memory cache would show a tile again, fresh by the
 * origin's headers, without asking the worker, even after a purge. The origin's own directives stay beside ours.
 */
export const forImage = (control: string | null): string => (control ? `${control}, no-cache` : 'no-cache');

/** The origin's header fields that our answer extends. */
interface Upstream {
  control: string | null;
  cacheStatus: string | null;
  timing: string | null;
}

const upstreamOf = (headers: Headers): Upstream => ({
  control: headers.get('cache-control'),
  cacheStatus: headers.get('cache-status'),
  timing: headers.get('server-timing'),
});

type Aged = Pick<Tile, 'headers' | 'requestAt' | 'responseAt' | 'status' | 'clockAhead'>;

/** Makes the headers of an answer: the origin's, with Age (RFC 9111 section 5.1), Cache-Status (RFC 9211) and ours. */
export function servedHeaders(tile: Aged, served: Served): Parts {
  const { parts, upstream } = fixedParts(tile.headers, served.versionHeader);
  return [...parts, ...ownFields(tile, served, upstream)];
}

/** Makes the header fields that differ for each answer. */
function ownFields(tile: Aged, served: Served, { control, cacheStatus, timing }: Upstream): Parts {
  const age = Math.floor(currentAge(tile, served.now));
  // If the clock cannot tell the age, `age` is its lower bound.
  const known = isAgeKnown(tile, served.now) ? '' : ';desc=unknown';
  const ownTiming = `sw-tile-cache;desc=${served.word};dur=${served.duration.toFixed(1)}, tile-age${known};dur=${age}${clause(served.why)}`;
  const fields: Parts = [];
  const told = served.image ? forImage(control) : control;
  if (told !== null) fields.push(['cache-control', told]);
  fields.push(
    ['age', String(age)],
    ['cache-status', appendCacheStatus(cacheStatus, served.cacheStatus)],
    ['server-timing', timing ? `${timing}, ${ownTiming}` : ownTiming],
  );
  if (served.version) fields.push([served.versionHeader, served.version]);
  return fields;
}

const clause = (why: Clause | undefined) => (why ? `, tile-why;desc=${why}` : '');

/**
 * Makes an answer from a tile and a body. If the body is the stored response itself, nothing else may use that
 * response. An opaque response cannot be labelled: it goes out unchanged.
 */
export function respond(tile: Tile, body: BodyInit | Response | null, served: Served): Response {
  const { response, status } = tile;
  if (response?.type === 'opaque') return response;
  if (response && body === response && relabel(tile, response, served)) return response;
  const shown = body instanceof Response ? body.body : body;
  return new Response(NULL_BODY.has(status) ? null : shown, { status, headers: servedHeaders(tile, served) });
}

/**
 * Changes the headers of a stored response to those of its answer. The response then goes to the page as a handle; the
 * body of a new Response would pass through the worker. Returns false if the response is not the whole tile, or if the
 * browser refuses: by the standard the headers are immutable, but Chromium allows the change.
 */
function relabel(tile: Tile, { headers, status }: Response, served: Served): boolean {
  if (headers !== tile.headers || status !== tile.status) return false;
  try {
    headers.delete(META_HEADER);
  } catch {
    return false;
  }
  const fields = ownFields(tile, served, upstreamOf(headers));
  headers.delete(HIDES_HEADER);
  headers.delete(served.versionHeader);
  for (const [name, value] of fields) headers.set(name, value);
  return true;
}

/**
 * Makes the answer that a page gets when neither the store nor the origin has one (RFC 9111 section 5.2.1.7, RFC 9110
 * section 15.6.5).
 */
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
