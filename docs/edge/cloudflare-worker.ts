// Tiles at Cloudflare: a Worker in front of the origin, on the route tiles.example/tiles/*.
// Freshness, stale-while-revalidate and stale-if-error as each tile's own Cache-Control says, which the zone's cache by itself
// does not all do; one request to the origin for many; purged by the origin's tags or by URL, as the zone's cache is.

/** What is used of `caches.default`. */
export interface EdgeCache {
  match(request: Request): Promise<Response | undefined>;
  put(request: Request, response: Response): Promise<void>;
}

/** What is passed in. */
export interface EdgeParts {
  cache: EdgeCache;
  /** Asks the origin. */
  fetch: (request: Request) => Promise<Response>;
  /** Epoch milliseconds. */
  now: () => number;
}

const STORED_AT = 'x-edge-stored-at';
const CONTROL = 'x-edge-cache-control';
/** A body larger than this is no tile: it is passed on and not kept. */
const MOST_BYTES = 5_000_000;
const YEAR = 31_536_000;

interface Windows {
  fresh: number;
  whileRevalidate: number;
  ifError: number;
}

/** RFC 9111 section 5.2.2 and RFC 5861; `undefined`: not to be kept. */
export function windowsOf(control: string | null): Windows | undefined {
  const directives = new Map(
    (control ?? '').split(',').map((part) => {
      const [name = '', value = ''] = part.split('=');
      return [name.trim().toLowerCase(), value.trim().replaceAll('"', '')] as const;
    }),
  );
  if (['no-store', 'no-cache', 'private'].some((name) => directives.has(name))) return undefined;
  const seconds = (name: string) => {
    const value = directives.get(name) ?? '';
    return /^\d+$/.test(value) ? Math.min(YEAR, Number(value)) : undefined;
  };
  const fresh = seconds('s-maxage') ?? seconds('max-age');
  if (fresh === undefined) return undefined;
  // RFC 9111 sections 5.2.2.2 and 5.2.2.10: s-maxage says what proxy-revalidate says, unless a window is named beside it.
  const strict = directives.has('must-revalidate') || directives.has('proxy-revalidate');
  return {
    fresh,
    whileRevalidate: strict ? 0 : (seconds('stale-while-revalidate') ?? 0),
    ifError: strict ? 0 : (seconds('stale-if-error') ?? 0),
  };
}

/** The edge's handler: `(request, waitUntil)`. */
export function createEdge({ cache, fetch, now }: EdgeParts) {
  /** Requests to the origin that are under way, by URL. */
  const flights = new Map<string, Promise<Response>>();

  /** The origin's answer, once for all who ask meanwhile; stored where its headers allow. */
  async function ask(request: Request, held: Response | undefined): Promise<Response> {
    const { url } = request;
    const flight = flights.get(url) ?? fly(request, held).finally(() => flights.delete(url));
    flights.set(url, flight);
    return (await flight).clone();
  }

  async function fly(request: Request, held: Response | undefined): Promise<Response> {
    const headers = new Headers(request.headers);
    for (const name of ['cookie', 'if-none-match', 'if-modified-since', 'range']) headers.delete(name);
    const etag = held?.headers.get('etag');
    if (etag) headers.set('if-none-match', etag);
    const answer = await fetch(new Request(request.url, { headers }));
    if (answer.status === 304 && held)
      return keep(request, new Response(await held.clone().arrayBuffer(), merged(held, answer)));
    const body = await answer.arrayBuffer();
    return keep(request, new Response([204, 304].includes(answer.status) ? null : body, answer));
  }

  /** RFC 9111 section 3.2: what the 304 says replaces what was stored. */
  function merged(held: Response, { headers: said }: Response): ResponseInit {
    const headers = new Headers(held.headers);
    for (const [name, value] of said) if (name !== 'content-length') headers.set(name, value);
    if (!said.has('cache-control')) headers.set('cache-control', held.headers.get(CONTROL) ?? '');
    return { status: held.status, headers };
  }

  async function keep(request: Request, response: Response): Promise<Response> {
    const { status, headers } = response;
    const windows = windowsOf(headers.get('cache-control'));
    const keepable = [200, 204, 404, 410].includes(status) && !headers.has('set-cookie') && !headers.has('vary');
    const length = Number(headers.get('content-length') ?? 0);
    if (!windows || !keepable || length > MOST_BYTES) return response;
    const stored = new Response(response.clone().body, response);
    // The zone keeps it for as long as it may be of use; what it may be used for stands beside it.
    stored.headers.set(CONTROL, headers.get('cache-control')!);
    stored.headers.set(STORED_AT, String(now() - Number(headers.get('age') ?? 0) * 1000));
    const lifetime = windows.fresh + Math.max(windows.whileRevalidate, windows.ifError);
    stored.headers.set('cache-control', `public, max-age=${Math.min(YEAR, lifetime)}`);
    await cache.put(request, stored).catch(() => undefined);
    return response;
  }

  function tell(response: Response, said: string, age?: number): Response {
    const told = new Response(response.body, response);
    const control = response.headers.get(CONTROL);
    if (control !== null) told.headers.set('cache-control', control);
    for (const name of [CONTROL, STORED_AT, 'surrogate-key', 'cache-tag']) told.headers.delete(name);
    if (age !== undefined) told.headers.set('age', String(Math.floor(age)));
    told.headers.append('cache-status', `cloudflare-worker; ${said}`);
    return told;
  }

  return async (request: Request, waitUntil: (work: Promise<unknown>) => void): Promise<Response> => {
    const { pathname } = new URL(request.url);
    // A private tile is nobody else's.
    const shared = request.method === 'GET' && pathname.startsWith('/tiles/') && !request.headers.has('authorization');
    if (!shared || request.headers.has('range')) return fetch(request);
    const key = new Request(request.url);
    const held = await cache.match(key).catch(() => undefined);
    const windows = held && windowsOf(held.headers.get(CONTROL));
    if (!held || !windows) {
      const answer = await ask(request, undefined).catch(() => undefined);
      return answer ? tell(answer, 'fwd=miss') : badGateway();
    }
    const age = Math.max(0, (now() - Number(held.headers.get(STORED_AT))) / 1000);
    if (age < windows.fresh) return tell(held, 'hit', age);
    if (age < windows.fresh + windows.whileRevalidate) {
      waitUntil(ask(request, held.clone()).catch(() => undefined));
      return tell(held, 'hit; detail=stale-while-revalidate', age);
    }
    const answer = await ask(request, held.clone()).catch(() => undefined);
    if (answer && answer.status < 500) return tell(answer, 'fwd=stale');
    if (age < windows.fresh + windows.ifError) return tell(held, 'fwd=stale; detail=stale-if-error', age);
    return answer ? tell(answer, 'fwd=stale') : badGateway();
  };
}

const badGateway = () => new Response(null, { status: 502, headers: { 'cache-control': 'no-store' } });

let edge: ReturnType<typeof createEdge> | undefined;

/** What Cloudflare calls. */
export default {
  fetch(request: Request, _env: unknown, context: { waitUntil(work: Promise<unknown>): void }): Promise<Response> {
    edge ??= createEdge({
      cache: (caches as unknown as { default: EdgeCache }).default,
      fetch: (wanted) => fetch(wanted),
      now: () => Date.now(),
    });
    return edge(request, (work) => context.waitUntil(work));
  },
};
