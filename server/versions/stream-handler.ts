import { digest } from '../http/digest';
import { type AddressOf, networkOf, peerAddress } from '../http/address';
import { type Handler, problem, wrongMethod } from '../http/http';
import { isPrivate } from '../http/private-address';
import type { OriginState } from './state';
import { manifestOf } from './manifest-of';

/** Options of the event stream. */
export interface StreamOptions {
  /** Clients that may be connected at once. A further client gets 503 with Retry-After. @default 5000 */
  maxClients?: number;
  /**
   * Streams that one address (for IPv6, one /64) may hold at once. A further client gets 429 and polls. Addresses of
   * private networks are not limited unless `addressOf` is given, because they may be a proxy's that stands for many
   * clients.
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

interface Client {
  controller: ReadableStreamDefaultController<Uint8Array>;
  /** Ends the stream. `dropped`: discards the data that is still queued. */
  end(dropped?: boolean): void;
}

/** The event stream, and the function that feeds it. */
export interface VersionStream {
  handler: Handler;
  /** Sends a state to every client. */
  announce(state: OriginState): void;
  stats(): StreamStats;
  /** Ends every stream. */
  close(): void;
}

const encoder = new TextEncoder();

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
  const clients = new Set<Client>();
  const counts = { dropped: 0, refused: 0, limited: 0 };
  const held = createHeld(options);
  let beat: ReturnType<typeof setInterval> | undefined;
  const eventOf = createEvents(epoch);
  let told = 0;
  let newest: OriginState | undefined;

  function sendAll(chunk: Uint8Array): void {
    for (const client of clients) send(client, chunk);
  }

  function send(client: Client, chunk: Uint8Array): void {
    // The queue holds what the socket has not accepted yet. A dropped client gets the current manifest when it
    // reconnects.
    const room = client.controller.desiredSize ?? 0;
    if (room < chunk.byteLength && room < maxQueuedBytes) {
      counts.dropped += 1;
      client.end(true);
      return;
    }
    client.controller.enqueue(chunk);
  }

  function add(controller: Client['controller'], address: string | undefined): Client {
    const client: Client = {
      controller,
      end(dropped = false) {
        if (!clients.delete(client)) return;
        held.give(address);
        try {
          if (dropped) controller.error(new Error('The reader is too slow.'));
          else controller.close();
        } catch {
          // The stream has already ended.
        }
        if (clients.size === 0) stopBeating();
      },
    };
    clients.add(client);
    held.take(address);
    beat ??= setInterval(() => sendAll(encoder.encode(':\n\n')), heartbeat * 1000);
    return client;
  }

  function stopBeating(): void {
    clearInterval(beat);
    beat = undefined;
  }

  const handler: Handler = async (request, context) => {
    if (request.method !== 'GET') return wrongMethod('GET');
    const known = await present();
    if (clients.size >= maxClients) {
      counts.refused += 1;
      return problem(
        503,
        {
          code: 'LIMIT_EXCEEDED',
          message: 'The origin has reached its limit of streams.',
          remedy: 'Poll the version endpoint, or try again later.',
        },
        { 'retry-after': String(Math.ceil(30 + random() * 30)) },
      );
    }
    const address = held.of(request, context);
    if (held.isFull(address)) {
      counts.limited += 1;
      return problem(
        429,
        {
          code: 'LIMIT_EXCEEDED',
          message: 'This client address has too many streams.',
          remedy: "Poll the version endpoint; behind a proxy, set the origin's option stream.addressOf.",
        },
        { 'retry-after': String(Math.ceil(30 + random() * 30)) },
      );
    }
    // If the request was aborted in the meantime, nobody will read the stream: do not count it.
    if (request.signal.aborted) return new Response(null, { status: 499 });
    let client: Client | undefined;
    const body = new ReadableStream<Uint8Array>(
      {
        start(controller) {
          client = add(controller, address);
          controller.enqueue(encoder.encode(`retry: ${Math.round((1 + random()) * retry * 1000)}\n\n`));
          // A manifest may have been announced since the state was read, before this client was in the list.
          const { id, chunk } = eventOf(newest && newest.sequence > known.sequence ? newest : known);
          if (request.headers.get('last-event-id') !== id) controller.enqueue(chunk);
        },
        cancel: () => client?.end(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: maxQueuedBytes }),
    );
    request.signal.addEventListener('abort', () => client?.end(), { once: true });
    return new Response(body, {
      headers: {
        'content-type': 'text/event-stream',
        // Keep caches and compressing or buffering proxies from holding events back.
        'cache-control': 'no-cache, no-transform',
        'x-accel-buffering': 'no',
      },
    });
  };

  return {
    handler,
    announce(state) {
      newest = state;
      // The state also changes without an announcement, for example when a version is staged.
      if (state.revision <= told) return;
      told = state.revision;
      sendAll(eventOf(state).chunk);
    },
    stats: () => ({ clients: clients.size, ...counts }),
    close() {
      for (const client of [...clients]) client.end();
      stopBeating();
    },
  };
}

/** Counts streams by address. */
function createHeld({ maxPerAddress = 200, addressOf }: StreamOptions) {
  const counts = new Map<string, number>();
  return {
    of(...[request, context]: Parameters<AddressOf>): string | undefined {
      const address = (addressOf ?? peerAddress)(request, context);
      return address === undefined || (!addressOf && isPrivate(address)) ? undefined : networkOf(address);
    },
    isFull: (address: string | undefined) => address !== undefined && (counts.get(address) ?? 0) >= maxPerAddress,
    take: (address: string | undefined) => {
      if (address !== undefined) counts.set(address, (counts.get(address) ?? 0) + 1);
    },
    give: (address: string | undefined) => {
      if (address === undefined) return;
      const left = (counts.get(address) ?? 1) - 1;
      if (left > 0) counts.set(address, left);
      else counts.delete(address);
    },
  };
}

interface StateEvent {
  /**
   * The event's id. The revision alone is not enough: after a store was lost or replaced, it may recur with other
   * contents.
   */
  id: string;
  chunk: Uint8Array;
}

/** Builds each state's event once, because all clients request the same event after a restart. */
function createEvents(epoch: string | undefined): (state: OriginState) => StateEvent {
  let made: { of: OriginState; event: StateEvent } | undefined;
  return (state) => {
    if (made?.of === state) return made.event;
    const data = JSON.stringify(manifestOf(state, epoch));
    const id = `${state.revision}.${digest(data).toString(16)}`;
    made = { of: state, event: { id, chunk: encoder.encode(`id: ${id}\ndata: ${data}\n\n`) } };
    return made.event;
  };
}
