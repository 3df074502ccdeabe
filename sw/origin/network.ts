import type { TileAddress } from '../../src/shared/tile-matcher';
import { BACKGROUND, Dropped, type Limiter } from './limiter';
import type { Timers } from '../util/deadline';
import type { NetworkHealth } from './health';
import type { HttpCacheMode } from '../policy/http-cache-mode';
import type { TileOrigin } from './tile-origin';

/** One request to the origin. */
export interface NetworkRequest {
  request: Request;
  address: TileAddress;
  /** Validators, set by hand: the browser hides its own 304s. Only sent where they cause no preflight. */
  conditional: Record<string, string> | undefined;
  /** What the HTTP cache beneath may do: `no-cache` and `reload` reach the origin. */
  cache: HttpCacheMode;
  urgency: () => number | undefined;
  /** Resolves when the body was read or given up: until then the request counts as one at the origin. */
  until: Promise<unknown>;
  /** Called when it goes out. */
  sent: () => void;
  signal: AbortSignal;
  /** Ends it where nobody waits for it and others need its slot. */
  giveWay: () => void;
}

/** Why nothing came from the origin. */
export class NetworkFailure extends Error {
  constructor(
    readonly reason: 'timeout' | 'network' | 'aborted' | 'dropped',
    cause?: unknown,
  ) {
    super(`origin: ${reason}`, { cause });
  }
}

export type Network = (request: NetworkRequest) => Promise<Response>;

/** Bounded in number, and in time where the layer says so. Rejects with `NetworkFailure` only. */
export function createNetwork({
  send: toOrigin,
  limiter,
  health,
  origin,
  connections,
  timers: { setTimeout, clearTimeout },
}: {
  send: TileOrigin;
  limiter: Limiter;
  health: NetworkHealth;
  /** The worker's own origin. */
  origin: string;
  /** Requests that the browser sends to this URL's host at once; others wait beneath us, where no order can be changed. */
  connections: (url: string) => number;
  timers: Timers;
}): Network {
  return async ({ request, address, conditional, cache, urgency, until, sent, signal, giveWay }) => {
    const { layer } = address;
    const send = async () => {
      if (signal.aborted) throw new NetworkFailure('aborted');
      const controller = new AbortController();
      const abort = () => controller.abort();
      signal.addEventListener('abort', abort, { once: true });
      let timedOut = false;
      // Of what nobody has stored, a page waits as long as it would without us, unless the layer sets a limit.
      const timer =
        layer.timeout === undefined
          ? undefined
          : setTimeout(() => {
              timedOut = true;
              controller.abort();
            }, layer.timeout * 1000);
      try {
        const background = (urgency() ?? BACKGROUND) >= BACKGROUND;
        const outgoing = originRequest(request, { origin, conditional, cache, background, signal: controller.signal });
        // A fetch that ignores its signal must not hold the slot.
        const gone = new Promise<never>((_, reject) =>
          controller.signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true }),
        );
        sent();
        return await Promise.race([toOrigin(outgoing, address), gone]);
      } catch (error) {
        const reason = timedOut ? 'timeout' : signal.aborted ? 'aborted' : 'network';
        if (reason !== 'aborted') health.failed(layer.name, reason, request.url);
        throw new NetworkFailure(reason, error);
      } finally {
        if (timer !== undefined) clearTimeout(timer as never);
      }
    };
    try {
      // Tiles out of an archive are no requests at the tile's host.
      const atHost = layer.archive === undefined ? connections(request.url) : Infinity;
      const slots = Math.min(layer.concurrency, atHost);
      return await limiter.run(layer.name, slots, { urgency, task: send, until, signal, giveWay });
    } catch (error) {
      if (error instanceof Dropped) throw new NetworkFailure('dropped', error);
      throw error;
    }
  };
}

/** The page's request as it goes to the origin, as a GET: its own conditions, ranges and cache mode stay behind. */
function originRequest(
  request: Request,
  {
    origin,
    conditional,
    cache,
    background,
    signal,
  }: {
    origin: string;
    conditional: Record<string, string> | undefined;
    cache: RequestCache;
    background: boolean;
    signal: AbortSignal;
  },
): Request {
  const headers = new Headers(request.headers);
  for (const name of ['if-none-match', 'if-modified-since', 'if-range', 'range', 'if-match', 'if-unmodified-since']) {
    headers.delete(name);
  }
  // Cross-origin these would preflight every tile; there `no-cache` lets the HTTP cache validate.
  if (conditional && request.url.startsWith(`${origin}/`)) {
    for (const [name, value] of Object.entries(conditional)) headers.set(name, value);
  }
  const { url, credentials, referrer, referrerPolicy, integrity } = request;
  return new Request(url, {
    headers,
    mode: request.mode === 'navigate' ? 'same-origin' : request.mode,
    credentials,
    referrer: referrer === 'about:client' ? '' : referrer,
    referrerPolicy,
    integrity,
    redirect: 'follow',
    cache,
    ...(background && { priority: 'low' as const }),
    signal,
  });
}
