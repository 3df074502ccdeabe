import { BAD_TILE, type OriginModel, TILES } from './origin-model';

export const ORIGIN = 'https://map.example';
export const LAYER = 'roads';

/** What the origin's headers allow, in seconds. */
export const WINDOWS = { maxAge: 10, staleWhileRevalidate: 10, staleIfError: 20 };
const CACHE_CONTROL = `max-age=${WINDOWS.maxAge}, stale-while-revalidate=${WINDOWS.staleWhileRevalidate}, stale-if-error=${WINDOWS.staleIfError}`;

/** The request header by which tiles vary, and the one that names the user. */
export const STYLE = 'x-style';
export const USER = 'x-user';

/** An exchange with the origin. The answer has its number in `X-Contact`. */
export interface Contact {
  /** The number of the origin's answer. */
  clock: number;
  /** Milliseconds by which the device's clock was ahead of the origin's. */
  skew: number;
  body: string;
  /** The version that the URL named. */
  token: string | undefined;
}

export interface NetworkModel {
  /** Requests of different lanes may be in flight together: a lane is one life of the worker, and one epoch. */
  fetch(request: Request, lane: string, pause: (what: string) => Promise<void>): Promise<Response>;
  readonly contacts: ReadonlyMap<number, Contact>;
  /** Requests in flight of one life of the worker. */
  inFlight(life: number): number;
  /** Clears the HTTP cache, as the browser may. */
  wipe(): void;
  /** Bodies that the origin has sent completely. */
  readonly complete: ReadonlySet<string>;
}

/** Returns a body that names the tile, style and user. The part before the first `~` is the version's snapshot. */
const contentFor = (base: string, { headers }: Request) => {
  const [style, user] = [headers.get(STYLE), headers.get(USER)];
  return style === null ? base : `${base}~${style}~${user}`;
};

/** What a network with delays needs. */
export interface Delays {
  sleep(ms: number): Promise<void>;
  random(): number;
}

/**
 * Unanswered requests. A browser keeps them alive. Node would garbage-collect an unreferenced request with its signal, so
 * that nobody would learn of its abort.
 */
const unanswered = new Set<Request>();

/** Calls back when the request is aborted. */
function onGivenUp(request: Request, end: () => void): void {
  if (request.signal.aborted) return end();
  unanswered.add(request);
  const over = () => {
    unanswered.delete(request);
    end();
  };
  request.signal.addEventListener('abort', over, { once: true });
}

/** Rejects when the request is aborted. Never resolves. */
export const untilGivenUp = (request: Request) =>
  new Promise<never>((_, reject) => onGivenUp(request, () => reject(request.signal.reason as Error)));

/** A body that stops half-way until the request is aborted. */
const halfBody = (body: string, request: Request) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(body.slice(0, 3)));
      onGivenUp(request, () => controller.error(request.signal.reason));
    },
  });

/** The network to the origin, with the browser's HTTP cache. It also checks P5. */
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
      // If a URL has one variant, at most one request may be in flight. Otherwise the variant of an answer is unknown
      // before it arrives, so one request for the URL and one for the variant may be in flight, and never more.
      const most = oneKey || !request.headers.has(STYLE) ? 1 : 2;
      if ((inFlight.get(id) as number) > most) problems.push(`P5: two requests in flight for ${id}`);
      // A connection counts until its request is aborted.
      let isOpen = true;
      const end = () => {
        if (isOpen) inFlight.set(id, inFlight.get(id)! - 1);
        isOpen = false;
        unanswered.delete(request);
      };
      onGivenUp(request, end);
      await pause('origin asked');
      let { weather } = origin;
      if (weather === 'one bad tile') weather = index === BAD_TILE ? (random() < 0.5 ? '500' : 'hangs') : 'ok';
      if (weather === 'flaky') weather = random() < 0.5 ? 'network' : 'ok';
      if (weather === 'slow') await Promise.race([sleep(500 + random() * 15_000), untilGivenUp(request)]);
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
      if (weather === 'hangs') await untilGivenUp(request);
      end();
      if (weather === 'network') throw new TypeError('Failed to fetch');
      if (weather === '503') return new Response('down', { status: 503 });
      // Answers that say nothing about the tile, whatever their lifetime, and negative answers.
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
