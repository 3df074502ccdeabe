import { refuse } from '../../src/shared/validate';
import type { MoveInCommand } from '../../src/shared/move-in';
import { parseCacheControl } from '../http/cache-control';
import { parseHttpDate } from '../http/dates';
import { parseCacheName } from '../store/cache-name';
import { within } from '../util/deadline';
import { missing, READ_MS, requestFor, type Source, type SourceTools } from './source';
import { workboxTimes } from './workbox-times';

/** The cache of mapbox-gl. */
const MAPBOX = 'mapbox-tiles';
const MATCH: CacheQueryOptions = { ignoreVary: true, ignoreMethod: true };

/** A cache of Cache Storage whose keys are URLs of tiles. */
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
      // The name of one of packs has a part more.
      const isOurs = (one: string) => parseCacheName(one.split(':', 4).join(':')) !== undefined;
      if (isOurs(name))
        refuse('INVALID_OPTION', 'cache', 'a cache of another program', 'Tiles in it are here already.');
      // To open a cache is to make it.
      if (!(await timely(caches.has(name)))) {
        const others = (await timely(caches.keys())).filter((one) => !isOurs(one));
        missing('cache', `cache ${name.slice(0, 128)}`, others);
      }
      if (from === 'workbox') times = await workboxTimes(name, timers);
      const cache = await open();
      try {
        requests = new Map((await timely(cache.keys())).map((request) => [request.url, request]));
      } catch (error) {
        // Browsers cannot list a cache of tens of thousands; the expiration plugin can.
        if (times.size === 0) throw error;
        return [...times.keys()];
      }
      return [...requests.keys()];
    },
    async read(id) {
      const response = await timely((await open()).match(id, MATCH));
      if (!response) return undefined;
      const { status, type } = response;
      // mapbox-gl stores a part of a file under its range, as if it were the whole.
      const isPart = from === 'mapbox-gl' && new URL(id).searchParams.has('range');
      const request = requestFor(id, command, origin, requests.get(id)?.headers);
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

/** mapbox-gl sets Expires to the time of the request and max-age: so the time of the request is known. */
function withDate(own: Headers): Headers {
  const maxAge = parseCacheControl(own.get('cache-control')).maxAge;
  const expires = parseHttpDate(own.get('expires'), Date.UTC(2000, 0));
  if (own.has('date') || maxAge === undefined || expires === undefined) return own;
  const headers = new Headers(own);
  headers.set('date', new Date(expires - maxAge * 1000).toUTCString());
  return headers;
}
