import type { StreamClient, StreamClients } from './stream-clients';
import type { StateEvent } from './stream-events';
import type { createStreamsByAddress } from './streams-by-address';

const encoder = new TextEncoder();

const HEADERS = {
  'content-type': 'text/event-stream',
  // Keep caches and compressing or buffering proxies from holding events back.
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
};

interface OpenerParts {
  clients: StreamClients;
  byAddress: ReturnType<typeof createStreamsByAddress>;
  maxQueuedBytes: number;
  /** Returns the seconds after which a client reconnects. */
  delay: () => number;
}

/**
 * Creates a function that opens a client's stream, which begins with the event unless `Last-Event-ID` shows that the
 * client has it.
 */
export function createOpener({ clients, byAddress, maxQueuedBytes, delay }: OpenerParts) {
  return (request: Request, address: string | undefined, { id, chunk }: StateEvent): Response => {
    // If the request was aborted in the meantime, nobody will read the stream: do not count it.
    if (request.signal.aborted) return new Response(null, { status: 499 });
    let client: StreamClient | undefined;
    const body = new ReadableStream<Uint8Array>(
      {
        start(controller) {
          client = clients.add(controller, () => byAddress.give(address));
          byAddress.take(address);
          controller.enqueue(encoder.encode(`retry: ${Math.round(delay() * 1000)}\n\n`));
          if (request.headers.get('last-event-id') !== id) controller.enqueue(chunk);
        },
        cancel: () => client?.end(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: maxQueuedBytes }),
    );
    request.signal.addEventListener('abort', () => client?.end(), { once: true });
    return new Response(body, { headers: HEADERS });
  };
}
