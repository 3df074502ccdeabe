import type { AddressOf } from '../http/address';
import { type Handler, problem, wrongMethod } from '../http/http';
import type { OriginState } from './state';
import { createStreamClients } from './stream-clients';
import { createEvents } from './stream-events';
import { createOpener } from './stream-opener';
import { createStreamsByAddress } from './streams-by-address';

/** Options of the event stream. */
export interface StreamOptions {
  /** Clients that may be connected at once. A further client gets 503 with Retry-After. @default 5000 */
  maxClients?: number;
  /**
   * Streams that one address (for IPv6, one /64) may hold at once. A further client gets 429 and polls. Addresses of
   * private networks are not limited unless `addressOf` is given, because one may be a proxy with many clients
   * behind it.
   * @default 200
   */
  maxPerAddress?: number;
  /** Returns the client's address. Behind proxies use `forwardedAddress`. @default the peer's address */
  addressOf?: AddressOf;
  /**
   * Bytes that may be queued for a client that reads slowly. A client with more is disconnected, and reconnects by
   * itself.
   * @default 262144
   */
  maxQueuedBytes?: number;
  /** Seconds between heartbeats, which show proxies and clients that the stream is alive. @default 20 */
  heartbeat?: number;
  /**
   * Seconds until a client reconnects after its stream has ended, plus a random delay of up to as long again, so that
   * clients do not all reconnect at once.
   * @default 3
   */
  retry?: number;
}

/** Statistics of the event stream. */
export interface StreamStats {
  /** The number of open streams. */
  clients: number;
  /** Clients that were disconnected because they read too slowly. */
  dropped: number;
  /** Clients that were refused because `maxClients` was reached. */
  refused: number;
  /** Clients that were refused because `maxPerAddress` was reached. */
  limited: number;
}

/** The event stream, and the function that feeds it. */
export interface VersionStream {
  handler: Handler;
  /** Sends a state to every client. */
  announce(state: OriginState): void;
  stats(): StreamStats;
  /** Ends every stream, and refuses further ones. */
  close(): void;
}

const POLL = 'Poll the version endpoint, or try again later.';
const PROXY = "Poll the version endpoint; behind a proxy, set the origin's option stream.addressOf.";

/**
 * Handles `GET /api/tile-version/stream`: server-sent events with the manifest as data. An event's id is its revision
 * and a digest. A client gets the current manifest at once, unless its `Last-Event-ID` shows that it already has it.
 */
export function createVersionStream(
  present: () => Promise<OriginState>,
  options: StreamOptions = {},
  random: () => number = Math.random,
  epoch?: string,
): VersionStream {
  const { maxClients = 5000, maxQueuedBytes = 262_144, heartbeat = 20, retry = 3 } = options;
  const clients = createStreamClients(maxQueuedBytes, heartbeat);
  const byAddress = createStreamsByAddress(options);
  const counts = { refused: 0, limited: 0 };
  const eventOf = createEvents(epoch);
  const open = createOpener({ clients, byAddress, maxQueuedBytes, delay: () => (1 + random()) * retry });
  let told = 0;
  let closed = false;
  let newest: OriginState | undefined;

  function refuse(status: 429 | 503, message: string, remedy: string): Response {
    const wait = String(Math.ceil(30 + random() * 30));
    return problem(status, { code: 'LIMIT_EXCEEDED', message, remedy }, { 'retry-after': wait });
  }

  const handler: Handler = async (request, context) => {
    if (request.method !== 'GET') return wrongMethod('GET');
    const known = await present();
    // A client whose stream was ended comes back within seconds, and would keep this process from ending.
    if (closed) return refuse(503, 'The origin is shutting down.', POLL);
    if (clients.size >= maxClients) {
      counts.refused += 1;
      return refuse(503, 'The origin has reached its limit of streams.', POLL);
    }
    const address = byAddress.of(request, context);
    if (byAddress.isFull(address)) {
      counts.limited += 1;
      return refuse(429, 'This client address has too many streams.', PROXY);
    }
    // A manifest may have been announced since the state was read, before this client was in the list.
    return open(request, address, eventOf(newest && newest.sequence > known.sequence ? newest : known));
  };

  return {
    handler,
    announce(state) {
      newest = state;
      // The state also changes without an announcement, for example when a version is staged.
      if (state.revision <= told) return;
      told = state.revision;
      clients.sendAll(eventOf(state).chunk);
    },
    stats: () => ({ clients: clients.size, dropped: clients.dropped, ...counts }),
    close() {
      closed = true;
      clients.endAll();
    },
  };
}
