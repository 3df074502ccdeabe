import { refuse } from '../../src/shared/validate';
import type { MoveInCommand } from '../../src/shared/move-in';
import { parseCacheControl } from '../http/cache-control';
import { parseHttpDate } from '../http/dates';
import { parseCacheName } from '../store/cache-name';
import { within } from '../util/deadline';
import { missing, READ_MS, urlFor, type Source, type SourceTools } from './source';
import { workboxTimes } from './workbox-times';

/** The name of mapbox-gl's cache. */
const MAPBOX = 'mapbox-tiles';
const MATCH: CacheQueryOptions = { ignoreVary: true, ignoreMethod: true };

/** Reads a cache of Cache Storage whose keys are the URLs of tiles. */
export function createCacheSource(command: MoveInCommand, { caches, timers, origin }: SourceTools): Source {
  const { from, cache: name = MAPBOX } = command;
  const timely = <T>(work: Promise<T>) => within(work, READ_MS, timers);
  let opening: Promise<Cache> | undefined;
  const open = () => {
    opening ??= timely(caches.open(name));
    opening.catch(() => (opening = undefined));
    return opening;
  };
  let requests = new Map<string, Request>();
  let times = new Map<string, number>();

  return {
    name: `${from}:${name}`,
    async list() {
      // A cache of region packs has one more part in its name.
      const isOurs = (one: string) => parseCacheName(one.split(':', 4).join(':')) !== undefined;
      if (isOurs(name))
        refuse('INVALID_OPTION', 'cache', 'a cache of another program', 'The tile cache already has these tiles.');
      // Ask `has()` first: `open()` would create the cache.
      if (!(await timely(caches.has(name)))) {
        const others = (await timely(caches.keys())).filter((one) => !isOurs(one));
        missing('cache', `cache ${name.slice(0, 128)}`, others);
      }
      if (from === 'workbox') times = await workboxTimes(name, timers);
      const cache = await open();
      try {
        requests = new Map((await timely(cache.keys())).map((request) => [request.url, request]));
      } catch (error) {
        // Browsers cannot list a cache of tens of thousands of entries. The expiration plugin's database lists them,
        // too.
        if (times.size === 0) throw error;
        return [...times.keys()];
      }
      return [...requests.keys()];
    },
    url: (id) => urlFor(id, command, origin),
    async read(id) {
      const response = await timely((await open()).match(id, MATCH));
      if (!response) return undefined;
      const { status, type } = response;
      // mapbox-gl stores part of a file with status 200, and puts the range into the URL.
      const isPart = from === 'mapbox-gl' && new URL(id).searchParams.has('range');
      const headers = requests.get(id)?.headers;
      const request = new Request(urlFor(id, command, origin), headers && { headers });
      return {
        request,
        status: isPart ? 206 : status,
        headers: from === 'mapbox-gl' ? withDate(response.headers) : response.headers,
        type: type === 'opaque' || request.url.startsWith(`${origin}/`) ? type : 'cors',
        body: () => timely(response.arrayBuffer()),
        seenAt: times.get(id),
      };
    },
    async remove(id) {
      await timely((await open()).delete(id, MATCH));
    },
  };
}

/** Adds the `Date` that mapbox-gl leaves out: it sets `Expires` to the time of the request plus max-age. */
function withDate(own: Headers): Headers {
  const maxAge = parseCacheControl(own.get('cache-control')).maxAge;
  const expires = parseHttpDate(own.get('expires'), Date.UTC(2000, 0));
  if (own.has('date') || maxAge === undefined || expires === undefined) return own;
  const headers = new Headers(own);
  headers.set('date', new Date(expires - maxAge * 1000).toUTCString());
  return headers;
}
