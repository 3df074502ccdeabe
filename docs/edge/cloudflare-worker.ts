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
/** The origin sent it compressed; it is kept as it is without, and the runtime compresses it again. */
const COMPRESSED = 'x-edge-compressed';
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

/** An answer that belongs to no request: at Cloudflare, one request may not touch the `Response` that came for another. */
interface Answer {
  status: number;
  headers: Array<[string, string]>;
  body: ArrayBuffer | null;
}

type WaitUntil = (work: Promise<unknown>) => void;

/** The edge's handler: `(request, waitUntil)`. */
export function createEdge({ cache, fetch, now }: EdgeParts) {
  /** Requests to the origin that are under way, by URL. */
  const flights = new Map<string, Promise<Answer>>();

  /** The origin's answer, once for all who ask meanwhile; stored where its headers allow. */
  async function ask(request: Request, held: Response | undefined, waitUntil: WaitUntil): Promise<Response> {
    const { url } = request;
    let flight = flights.get(url);
    if (!flight) {
      flight = fly(request, held).finally(() => flights.delete(url));
      flights.set(url, flight);
      // Others wait for it, too: it goes on when the one who began it is gone.
      waitUntil(flight.catch(() => undefined));
    }
    const { body, status, headers } = await flight;
    return new Response(body, { status, headers });
  }

  async function fly(request: Request, held: Response | undefined): Promise<Answer> {
    const headers = new Headers(request.headers);
    for (const name of ['cookie', 'if-none-match', 'if-modified-since', 'range']) headers.delete(name);
    const etag = held?.headers.get('etag');
    if (etag) headers.set('if-none-match', etag);
    const answer = await fetch(new Request(request.url, { headers }));
    const isSame = answer.status === 304 && held;
    const { status, headers: said } = isSame ? merged(held, answer) : answer;
    const body = await (isSame ? held : answer).arrayBuffer();
    const told = { status, headers: [...uncompressed(said)], body: [204, 304].includes(status) ? null : body };
    await keep(request, told);
    return told;
  }

  /** RFC 9111 section 3.2: what the 304 says replaces what was stored. */
  function merged(held: Response, { headers: said }: Response): Pick<Response, 'status' | 'headers'> {
    const headers = new Headers(held.headers);
    for (const [name, value] of said)
      if (name !== 'content-length' && name !== 'content-encoding') headers.set(name, value);
    if (!said.has('cache-control')) headers.set('cache-control', held.headers.get(CONTROL) ?? '');
    return { status: held.status, headers };
  }

  async function keep(request: Request, { status, headers: said, body }: Answer): Promise<void> {
    const headers = new Headers(said);
    const control = headers.get('cache-control');
    const windows = windowsOf(control);
    const keepable = [200, 204, 404, 410].includes(status) && !headers.has('set-cookie') && !headers.has('vary');
    if (!windows || !keepable || (body?.byteLength ?? 0) > MOST_BYTES) return;
    // The zone keeps it for as long as it may be of use; what it may be used for stands beside it.
    headers.set(CONTROL, control!);
    headers.set(STORED_AT, String(now() - Number(headers.get('age') ?? 0) * 1000));
    const lifetime = windows.fresh + Math.max(windows.whileRevalidate, windows.ifError);
    headers.set('cache-control', `public, max-age=${Math.min(YEAR, lifetime)}`);
    await cache.put(request, new Response(body, { status, headers })).catch(() => undefined);
  }

  function tell(response: Response, said: string, age?: number): Response {
    const told = new Response(response.body, response);
    const control = response.headers.get(CONTROL);
    if (control !== null) told.headers.set('cache-control', control);
    if (told.headers.has(COMPRESSED)) told.headers.set('content-encoding', 'gzip');
    for (const name of [CONTROL, STORED_AT, COMPRESSED, 'surrogate-key', 'cache-tag']) told.headers.delete(name);
    if (age !== undefined) told.headers.set('age', String(Math.floor(age)));
    told.headers.append('cache-status', `cloudflare-worker; ${said}`);
    return told;
  }

  return async (request: Request, waitUntil: WaitUntil): Promise<Response> => {
    const { pathname } = new URL(request.url);
    // A private tile is nobody else's.
    const shared = request.method === 'GET' && pathname.startsWith('/tiles/') && !request.headers.has('authorization');
    if (!shared || request.headers.has('range')) return fetch(request);
    const key = new Request(request.url);
    const held = await cache.match(key).catch(() => undefined);
    const windows = held && windowsOf(held.headers.get(CONTROL));
    if (!held || !windows) {
      const answer = await ask(request, undefined, waitUntil).catch(() => undefined);
      return answer ? tell(answer, 'fwd=miss') : badGateway();
    }
    const age = Math.max(0, (now() - Number(held.headers.get(STORED_AT))) / 1000);
    if (age < windows.fresh) return tell(held, 'hit', age);
    if (age < windows.fresh + windows.whileRevalidate) {
      waitUntil(ask(request, held.clone(), waitUntil).catch(() => undefined));
      return tell(held, 'hit; detail=stale-while-revalidate', age);
    }
    const answer = await ask(request, held.clone(), waitUntil).catch(() => undefined);
    if (answer && answer.status < 500) return tell(answer, 'fwd=stale');
    if (age < windows.fresh + windows.ifError) return tell(held, 'fwd=stale; detail=stale-if-error', age);
    return answer ? tell(answer, 'fwd=stale') : badGateway();
  };
}

/** What is said of a body that was read, and is not compressed any more. */
function uncompressed(said: Headers): Headers {
  const headers = new Headers(said);
  if (headers.has('content-encoding')) headers.set(COMPRESSED, '1');
  for (const name of ['content-encoding', 'content-length']) headers.delete(name);
  return headers;
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
