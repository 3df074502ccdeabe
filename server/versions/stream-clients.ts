/** The open end of one event stream. */
export interface StreamClient {
  controller: ReadableStreamDefaultController<Uint8Array>;
  /** Ends the stream. `dropped`: discards the data that is still queued. */
  end(dropped?: boolean): void;
}

/** The clients that are connected. */
export interface StreamClients {
  readonly size: number;
  /** Clients that were disconnected because they read too slowly. */
  readonly dropped: number;
  /** Adds a client. Calls `ended` when its stream has ended. */
  add(controller: StreamClient['controller'], ended: () => void): StreamClient;
  sendAll(chunk: Uint8Array): void;
  /** Ends every stream. */
  endAll(): void;
}

const HEARTBEAT = new TextEncoder().encode(':\n\n');

/** Creates an empty set of clients. It sends heartbeats while it has any; `heartbeat` is in seconds. */
export function createStreamClients(maxQueuedBytes: number, heartbeat: number): StreamClients {
  const clients = new Set<StreamClient>();
  let dropped = 0;
  let beat: ReturnType<typeof setInterval> | undefined;

  function send(client: StreamClient, chunk: Uint8Array): void {
    // The queue holds what the socket has not accepted yet. A dropped client gets the current manifest when it
    // reconnects.
    const room = client.controller.desiredSize ?? 0;
    if (room < chunk.byteLength && room < maxQueuedBytes) {
      dropped += 1;
      client.end(true);
      return;
    }
    client.controller.enqueue(chunk);
  }

  function sendAll(chunk: Uint8Array): void {
    for (const client of clients) send(client, chunk);
  }

  function stopBeating(): void {
    clearInterval(beat);
    beat = undefined;
  }

  return {
    get size() {
      return clients.size;
    },
    get dropped() {
      return dropped;
    },
    add(controller, ended) {
      const client: StreamClient = {
        controller,
        end(isDropped = false) {
          if (!clients.delete(client)) return;
          ended();
          try {
            if (isDropped) controller.error(new Error('The reader is too slow.'));
            else controller.close();
          } catch {
            // The stream has already ended.
          }
          if (clients.size === 0) stopBeating();
        },
      };
      clients.add(client);
      beat ??= setInterval(() => sendAll(HEARTBEAT), heartbeat * 1000);
      return client;
    },
    sendAll,
    endAll() {
      for (const client of [...clients]) client.end();
      stopBeating();
    },
  };
}
