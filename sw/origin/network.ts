import type { TileAddress } from '../../src/shared/tile-matcher';
import { BACKGROUND, Dropped, type Limiter } from './limiter';
import type { Timers } from '../util/deadline';
import type { NetworkHealth } from './health';
import type { HttpCacheMode } from '../policy/http-cache-mode';
import type { ForbiddenHosts } from './forbidden-hosts';
import type { ForeignImages } from './foreign-images';
import type { Sending } from './origin-request';
import { createSender, type Sent } from './sender';
import type { TileOrigin } from './tile-origin';

/** One request to the origin. */
export interface NetworkRequest extends Sent {
  /** What the HTTP cache beneath may do: `no-cache` and `reload` reach the origin. */
  cache: HttpCacheMode;
  urgency: () => number | undefined;
  /** Resolves when the body has been read or given up; until then the request occupies a slot at the origin. */
  until: Promise<unknown>;
  /** Called when the request goes out. */
  sent: () => void;
  signal: AbortSignal;
  /** Ends the request if nobody waits for it and others need its slot. */
  giveWay: () => void;
}

/** Why nothing came from the origin. */
export class NetworkFailure extends Error {
  constructor(
    readonly reason: 'timeout' | 'network' | 'aborted' | 'dropped' | 'forbidden',
    cause?: unknown,
  ) {
    super(`origin: ${reason}`, { cause });
  }
}

export type Network = (request: NetworkRequest) => Promise<Response>;

/** The tile that a request is about, whatever else its URL says. */
export const tileOf = ({ tile, key }: TileAddress, { url }: Pick<Request, 'url'>): string => (tile ? key : url);

/** Sends requests, bounded in number, and in time where the layer sets a limit. Rejects with `NetworkFailure` only. */
export function createNetwork({
  send: toOrigin,
  limiter,
  health,
  foreignImages,
  isForbidden,
  origin,
  connections,
  timers: { setTimeout, clearTimeout },
}: {
  send: TileOrigin;
  limiter: Limiter;
  health: NetworkHealth;
  foreignImages: ForeignImages;
  isForbidden: ForbiddenHosts['hasFailed'];
  /** The worker's own origin. */
  origin: string;
  /**
   * Returns how many requests the browser sends to this URL's host at once; further ones wait in the browser's queue,
   * where we cannot reorder them.
   */
  connections: (url: string) => number;
  timers: Timers;
}): Network {
  const sendTo = createSender(toOrigin, foreignImages, origin);

  return async (asked) => {
    const { request, address, cache, urgency, until, sent, signal, giveWay } = asked;
    const { layer } = address;
    const failed = (kind: 'timeout' | 'network') =>
      health.failed(layer.name, kind, request.url, undefined, tileOf(address, request));
    const send = async () => {
      if (signal.aborted) throw new NetworkFailure('aborted');
      const controller = new AbortController();
      const abort = () => controller.abort();
      signal.addEventListener('abort', abort, { once: true });
      let timedOut = false;
      // For a tile that is not stored, a page waits as long as it would without us, unless the layer sets a limit.
      const timer =
        layer.timeout === undefined
          ? undefined
          : setTimeout(() => {
              timedOut = true;
              controller.abort();
            }, layer.timeout * 1000);
      try {
        const background = (urgency() ?? BACKGROUND) >= BACKGROUND;
        const sending: Sending = { cache, background, signal: controller.signal };
        // A fetch that ignores its signal must not hold the slot.
        const gone = new Promise<never>((_, reject) =>
          controller.signal.addEventListener('abort', () => reject(controller.signal.reason as Error), { once: true }),
        );
        sent();
        return await Promise.race([sendTo(asked, sending), gone]);
      } catch (error) {
        if (timedOut) failed('timeout');
        if (timedOut || signal.aborted) throw new NetworkFailure(timedOut ? 'timeout' : 'aborted', error);
        if (await isForbidden(request.url)) throw new NetworkFailure('forbidden', error);
        failed('network');
        throw new NetworkFailure('network', error);
      } finally {
        if (timer !== undefined) clearTimeout(timer as never);
      }
    };
    try {
      // Tiles from an archive cause no requests to the tile URL's host.
      const atHost = layer.archive === undefined ? connections(request.url) : Infinity;
      const slots = Math.min(layer.concurrency, atHost);
      return await limiter.run(layer.name, slots, { urgency, task: send, until, signal, giveWay });
    } catch (error) {
      if (error instanceof Dropped) throw new NetworkFailure('dropped', error);
      throw error;
    }
  };
}
