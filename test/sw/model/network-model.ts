import { BAD_TILE, type OriginModel, TILES } from './origin-model';

export const ORIGIN = 'https://map.example';
export const LAYER = 'roads';

/** What the origin's headers allow, in seconds. */
export const WINDOWS = { maxAge: 10, staleWhileRevalidate: 10, staleIfError: 20 };
const CACHE_CONTROL = `max-age=${WINDOWS.maxAge}, stale-while-revalidate=${WINDOWS.staleWhileRevalidate}, stale-if-error=${WINDOWS.staleIfError}`;

/** The request header by which the origin varies, and the one that says whose tile it is. */
export const STYLE = 'x-style';
export const USER = 'x-user';

/** What was exchanged, by the number that the answer carries in `X-Contact`. */
export interface Contact {
  /** The origin's own. */
  clock: number;
  /** Milliseconds by which the device's clock was ahead of it. */
  skew: number;
  body: string;
  /** The version that the URL named. */
  token: string | undefined;
}

export interface NetworkModel {
  /** `lane` tells requests apart that may be in flight together: another life of the worker, another epoch. */
  fetch(request: Request, lane: string, pause: (what: string) => Promise<void>): Promise<Response>;
  readonly contacts: ReadonlyMap<number, Contact>;
  /** Requests of one life of the worker that are not over. */
  inFlight(life: number): number;
  /** The browser drops its HTTP cache. */
  wipe(): void;
  /** Bodies that the origin has sent whole. */
  readonly complete: ReadonlySet<string>;
}

/** Which tile a body is, for which style and user. The part before the first `~` is what a version's snapshot holds. */
const contentFor = (base: string, { headers }: Request) => {
  const [style, user] = [headers.get(STYLE), headers.get(USER)];
  return style === null ? base : `${base}~${style}~${user}`;
};

/** What a network needs that takes its time. */
export interface Delays {
  sleep(ms: number): Promise<void>;
  random(): number;
}

/**
 * Requests that nobody answers. A browser's network holds them; Node's signal of a request that nobody holds is collected
 * as garbage, and with it the news that it was given up.
 */
const unanswered = new Set<Request>();

/** Calls back when the request is given up. */
function onGivenUp(request: Request, end: () => void): void {
  if (request.signal.aborted) return end();
  unanswered.add(request);
  const over = () => {
    unanswered.delete(request);
    end();
  };
  request.signal.addEventListener('abort', over, { once: true });
}

/** Rejects when the request is given up; never resolves. */
export const untilGivenUp = (request: Request) =>
  new Promise<never>((_, reject) => onGivenUp(request, () => reject(request.signal.reason as Error)));

/** A body of which half comes, and then nothing until the request is given up. */
const halfBody = (body: string, request: Request) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(body.slice(0, 3)));
      onGivenUp(request, () => controller.error(request.signal.reason));
    },
  });

/** The way to the origin with the browser's HTTP cache on it; P5 is watched here. */
export function createNetworkModel(
  origin: OriginModel,
  clock: { now: number; skew?: number },
  problems: string[],
  { sleep, random }: Delays = { sleep: async () => {}, random: () => 0 },
  { oneKey = false }: { oneKey?: boolean } = {},
): NetworkModel {
  const contacts = new Map<number, Contact>();
  const complete = new Set<string>();
  const httpCache = new Map<string, { body: string; headers: Record<string, string>; at: number }>();
  const inFlight = new Map<string, number>();
  return {
    contacts,
    complete,
    inFlight: (life) => [...inFlight].reduce((sum, [id, count]) => sum + (id.startsWith(`${life} `) ? count : 0), 0),
    wipe: () => httpCache.clear(),
    async fetch(request, lane, pause) {
      const { pathname, searchParams } = new URL(request.url);
      const index = TILES.findIndex(({ z, x, y }) => pathname === `/tiles/${LAYER}/${z}/${x}/${y}`);
      const key = contentFor(request.url, request);
      const held = httpCache.get(key);
      if (request.cache === 'default' && held && clock.now - held.at < WINDOWS.maxAge * 1000 && clock.now >= held.at) {
        return new Response(held.body, { headers: held.headers });
      }
      const id = `${lane} ${key}`;
      inFlight.set(id, (inFlight.get(id) ?? 0) + 1);
      // One where a URL has one variant, whatever happens. Elsewhere nobody knows which variant an answer is before it comes,
      // so that one who asks for the URL and one who asks for the variant may rightly be under way; never more, however many
      // wait.
      const most = oneKey || !request.headers.has(STYLE) ? 1 : 2;
      if ((inFlight.get(id) as number) > most) problems.push(`P5: two requests in flight for ${id}`);
      await pause('origin asked');
      let { weather } = origin;
      if (weather === 'one bad tile') weather = index === BAD_TILE ? (random() < 0.5 ? '500' : 'hangs') : 'ok';
      if (weather === 'flaky') weather = random() < 0.5 ? 'network' : 'ok';
      // A connection is one until it is given up.
      if (weather === 'slow')
        await Promise.race([sleep(500 + random() * 15_000), untilGivenUp(request)]).catch((error: unknown) => {
          inFlight.set(id, inFlight.get(id)! - 1);
          throw error;
        });
      const serial = origin.tick();
      const version = weather === 'lags' ? origin.previous : origin.version;
      const body = contentFor(origin.snapshots.get(version)![index]!, request);
      const skew = clock.skew ?? 0;
      const headers: Record<string, string> = {
        'content-type': 'application/octet-stream',
        'cache-control': CACHE_CONTROL,
        date: new Date(clock.now - skew).toUTCString(),
        etag: `"${body}"`,
        'x-tile-version': version,
        'x-contact': String(serial),
        ...(request.headers.has(STYLE) && { vary: STYLE }),
      };
      contacts.set(serial, { clock: clock.now - skew, skew, body, token: searchParams.get('v') ?? undefined });
      complete.add(body);
      await pause('origin answers');
      if (weather === 'hangs') await untilGivenUp(request).finally(() => inFlight.set(id, inFlight.get(id)! - 1));
      inFlight.set(id, (inFlight.get(id) as number) - 1);
      if (weather === 'network') throw new TypeError('Failed to fetch');
      if (weather === '503') return new Response('down', { status: 503 });
      // What says nothing of the tile, however long it is said to hold, and what says that there is none.
      if (weather === '500')
        return new Response('broken', { status: 500, headers: { 'cache-control': 'max-age=86400' } });
      if (weather === '429') return new Response('later', { status: 429, headers: { 'retry-after': '5' } });
      if (weather === '204') return new Response(null, { status: 204, headers: { date: headers['date']! } });
      if (weather === 'portal')
        return new Response('<!doctype html><title>Log in</title>', { headers: { 'content-type': 'text/html' } });
      if (weather === 'wrong type')
        return new Response('{"error":"no such tile"}', { headers: { 'content-type': 'application/json' } });
      if (weather === 'body hangs') return new Response(halfBody(body, request), { headers });
      if (weather === '404') return new Response('none', { status: 404, headers: { date: headers['date']! } });
      if (weather === 'truncated')
        return new Response(body.slice(0, 3), { headers: { ...headers, 'content-length': String(body.length) } });
      httpCache.set(key, { body, headers, at: clock.now });
      if (request.headers.get('if-none-match')?.includes(`"${body}"`))
        return new Response(null, { status: 304, headers });
      return new Response(body, { headers });
    },
  };
}
