import type { AddressInfo } from 'node:net';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { PublishReport } from '../../server/publish/publish';
import { purgeFailed, type Purger } from '../../server/purge/purger';
import { createTileOrigin, type TileOriginOptions } from '../../server/tile-origin';

export const TOKEN = 'a-token-for-tests-only';

/** Creates a clock that moves on command, or by the length of each sleep. */
export function fakeClock(start = Date.UTC(2026, 0, 1)) {
  const clock = {
    at: start,
    slept: [] as number[],
    now: () => clock.at,
    sleep: async (seconds: number) => {
      clock.slept.push(seconds);
      clock.at += seconds * 1000;
    },
    advance(seconds: number) {
      clock.at += seconds * 1000;
    },
  };
  return clock;
}

export function request(path: string, init: RequestInit = {}): Request {
  return new Request(`http://origin.test${path}`, init);
}

export function publishRequest(body: unknown, headers: Record<string, string> = {}): Request {
  return request('/api/publish', {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', ...headers },
  });
}

/** Creates an origin whose clock begins at 0: revisions follow the clock, so that they are 1, 2, 3. */
export function testOrigin(options: TileOriginOptions = {}) {
  const clock = fakeClock(0);
  const origin = createTileOrigin({
    now: clock.now,
    sleep: clock.sleep,
    ...options,
    publish: { token: TOKEN, ...options.publish },
  });
  return { origin, clock };
}

/** Starts a Node server on a free port of loopback. */
export async function listen(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ url: string; server: Server; close(): Promise<void> }> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Reads the events of a stream one by one. */
export function eventReader(body: ReadableStream<Uint8Array>) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  return {
    async next(): Promise<{ id?: string; data?: string; comment?: boolean; retry?: string }> {
      for (;;) {
        const end = text.indexOf('\n\n');
        if (end >= 0) {
          const block = text.slice(0, end);
          text = text.slice(end + 2);
          const event: Record<string, string | boolean> = {};
          for (const line of block.split('\n')) {
            if (line.startsWith(':')) event.comment = true;
            else event[line.slice(0, line.indexOf(':'))] = line.slice(line.indexOf(':') + 1).trimStart();
          }
          return event;
        }
        const { done, value } = await reader.read();
        if (done) throw new Error('the stream ended');
        text += decoder.decode(value, { stream: true });
      }
    },
    cancel: () => reader.cancel(),
  };
}

/** Creates a CDN that records each purge, and the manifest at that moment. */
export function recordingPurger(fails = 0) {
  const asked: Array<{ tags: readonly string[]; urls?: readonly string[] }> = [];
  let left = fails;
  const purger: Purger = {
    name: 'recorder',
    async purge({ tags, urls }) {
      asked.push({ tags, ...(urls && { urls }) });
      if (left-- > 0) throw purgeFailed('recorder', 'answered 503');
      return { requests: 1, retries: 0 };
    },
  };
  return { purger, asked };
}

/** Returns the report in the answer to a publication. */
export const reportOf = async (response: Response | Promise<Response>) =>
  (await (await response).json()) as PublishReport;
