// A Cloudflare Worker in front of the origin, for the route tiles.example/tiles/*. It obeys max-age, stale-while-revalidate
// and stale-if-error in each tile's own Cache-Control, which the zone's cache by itself does not do completely. It combines
// simultaneous requests for a tile into one, unless the answer is for one client only. It stores tiles in the zone's cache,
// which you purge by tag or by URL as usual.

/** The part of `caches.default` that the Worker uses. */
export interface EdgeCache {
  match(request: Request): Promise<Response | undefined>;
  put(request: Request, response: Response): Promise<void>;
}

/** The surroundings of the handler; tests pass their own. */
export interface EdgeParts {
  cache: EdgeCache;
  /** Sends a request to the origin. */
  fetch: (request: Request) => Promise<Response>;
  /** Epoch milliseconds. */
  now: () => number;
}

const STORED_AT = 'x-edge-stored-at';
const CONTROL = 'x-edge-cache-control';
/** Marks a tile that the origin sent compressed. The Worker stores it uncompressed; the runtime compresses it again. */
const COMPRESSED = 'x-edge-compressed';
/** Bytes of the largest body that the Worker stores. It passes a larger one on. */
const MOST_BYTES = 5_000_000;
const YEAR = 31_536_000;

interface Windows {
  fresh: number;
  whileRevalidate: number;
  ifError: number;
}

/** Returns the windows in seconds (RFC 9111 section 5.2.2, RFC 5861), or `undefined` if the response must not be stored. */
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
  // s-maxage implies proxy-revalidate (RFC 9111 section 5.2.2.10), unless the header also names a window.
  const strict = directives.has('must-revalidate') || directives.has('proxy-revalidate');
  return {
    fresh,
    whileRevalidate: strict ? 0 : (seconds('stale-while-revalidate') ?? 0),
    ifError: strict ? 0 : (seconds('stale-if-error') ?? 0),
  };
}

/** An answer as plain data: at Cloudflare, a request must not use the `Response` of another request. */
interface Answer {
  status: number;
  headers: Array<[string, string]>;
  body: ArrayBuffer | null;
}

type WaitUntil = (work: Promise<unknown>) => void;

/** Creates the handler of requests: `(request, waitUntil)`. */
export function createEdge({ cache, fetch, now }: EdgeParts) {
  /** Running requests to the origin, by URL. */
  const flights = new Map<string, Promise<Answer>>();

  /** Requests a tile from the origin, once for all who wait for it. Stores it if its headers allow that. */
  async function ask(request: Request, held: Response | undefined, waitUntil: WaitUntil): Promise<Response> {
    const { url } = request;
    const joined = flights.get(url);
    let flight = joined;
    if (!flight) {
      flight = fly(request, held).finally(() => flights.delete(url));
      flights.set(url, flight);
      // Continue even if the client that started the request disconnects: others wait for it, too.
      waitUntil(flight.catch(() => undefined));
    }
    const told = await flight;
    // Whoever joined gets neither another client's cookie nor the variant for another client's headers.
    const { body, status, headers } = joined && isForOne(told) ? await fly(request, held) : told;
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

  /** Returns the stored headers, updated by those of a 304 (RFC 9111 section 3.2). */
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
    // The zone keeps the tile for its lifetime and windows together. The tile's own Cache-Control is stored beside it.
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
    // Do not store tiles of single users.
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

/** Returns whether other clients may get another answer for this URL. */
const isForOne = ({ headers }: Answer) =>
  headers.some(
    ([name, value]) =>
      ['set-cookie', 'vary'].includes(name) || (name === 'cache-control' && /(^|[\s,])private\b/i.test(value)),
  );

/** Returns the headers for a body that the runtime has decompressed. */
function uncompressed(said: Headers): Headers {
  const headers = new Headers(said);
  if (headers.has('content-encoding')) headers.set(COMPRESSED, '1');
  for (const name of ['content-encoding', 'content-length']) headers.delete(name);
  return headers;
}

const badGateway = () => new Response(null, { status: 502, headers: { 'cache-control': 'no-store' } });

let edge: ReturnType<typeof createEdge> | undefined;

/** The Worker's entry point. */
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
