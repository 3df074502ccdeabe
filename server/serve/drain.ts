import type { Server, ServerResponse } from 'node:http';

/** Milliseconds that responses may still take. Less than the 10 s after which containers are killed. */
const PATIENCE = 5000;

/**
 * Creates a function that closes a server: it accepts no more connections, completes the responses that it has begun,
 * and cuts those that take longer than `patience` milliseconds. Call this before the server gets requests.
 */
export function createDrain(server: Server): (patience?: number) => Promise<void> {
  const open = new Set<ServerResponse>();
  let closing = false;

  /** Closes the connections without a response: `close()` would wait for those that have sent nothing yet. */
  const closeOthers = () => void (closing && open.size === 0 && server.closeAllConnections());

  server.prependListener('request', (_, response: ServerResponse) => {
    open.add(response);
    // A connection that stays open could go on with requests forever.
    if (closing) response.shouldKeepAlive = false;
    response.once('close', () => {
      open.delete(response);
      closeOthers();
    });
  });

  return async (patience = PATIENCE) => {
    closing = true;
    for (const response of open) response.shouldKeepAlive = false;
    const cut = setTimeout(() => server.closeAllConnections(), patience);
    const closed = new Promise((resolve) => server.close(resolve));
    closeOthers();
    await closed;
    clearTimeout(cut);
  };
}
