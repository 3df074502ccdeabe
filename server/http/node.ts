import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { type Handler, problem, wrongMethod } from './http';
import { badPath, leadsAway } from './safe-path';

/** A listener for `http.createServer`, and for `http2.createSecureServer`. */
export type NodeListener = (
  incoming: IncomingMessage | Http2ServerRequest,
  outgoing: ServerResponse | Http2ServerResponse,
) => void;

/**
 * Serves a fetch-style handler with Node's own `http` or `http2`. It passes on the peer's address. When a client disconnects, it
 * aborts `request.signal` and cancels the body. When a client reads slowly, it stops reading the body, so that the
 * event stream can drop that client.
 */
export function toNodeListener(handler: Handler): NodeListener {
  return (incoming, outgoing) => {
    // The requests and responses of HTTP/2 have all members that are used here.
    const [request, response] = [incoming as IncomingMessage, outgoing as ServerResponse];
    serve(handler, request, response).catch(() => response.destroy());
  };
}

/** Fields of a connection, which HTTP/2 does not have (RFC 9113 section 8.2.2). A handler may pass on an upstream's. */
const HOP = ['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'];

async function serve(handler: Handler, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const gone = new AbortController();
  const body = bodyOf(incoming);
  outgoing.once('close', () => gone.abort());
  // A connection carries its next request only once this one has been read to its end.
  outgoing.once('finish', body.discard);
  let response: Response;
  try {
    response =
      refusal(incoming) ??
      (await handler(toRequest(incoming, body.stream, gone.signal), { address: incoming.socket.remoteAddress }));
  } catch {
    // Do not reveal the error to the client.
    response = problem(500, { code: 'STORAGE_FAILED', message: 'The origin failed.', remedy: 'Try again.' });
  }
  if (response.status < 200) response = new Response(null, { status: 500 });
  const headers = [...response.headers].filter(([name]) => incoming.httpVersionMajor < 2 || !HOP.includes(name));
  outgoing.writeHead(response.status, headers.flat());
  if (!response.body || incoming.method === 'HEAD') {
    await response.body?.cancel();
    outgoing.end();
    return;
  }
  await pump(response.body, outgoing);
}

/** Refuses requests that a `Request` cannot represent, or would represent as something else. */
function refusal({ method = 'GET', url = '/' }: IncomingMessage): Response | undefined {
  if (['TRACE', 'TRACK', 'CONNECT'].includes(method.toUpperCase())) return wrongMethod('GET', 'HEAD', 'POST');
  return leadsAway(url.split(/[?#]/, 1)[0]!) ? badPath() : undefined;
}

function toRequest(incoming: IncomingMessage, body: ReadableStream<Uint8Array>, signal: AbortSignal): Request {
  const headers = new Headers();
  for (let i = 0; i < incoming.rawHeaders.length; i += 2)
    // HTTP/2 puts the method and the address into fields whose names begin with a colon.
    if (!incoming.rawHeaders[i]!.startsWith(':')) headers.append(incoming.rawHeaders[i]!, incoming.rawHeaders[i + 1]!);
  const method = incoming.method ?? 'GET';
  const hasBody = method !== 'GET' && method !== 'HEAD';
  // Ignore an absolute request target, as proxies send it: it could name another host.
  const target = incoming.url?.startsWith('/') ? incoming.url : '/';
  const host = incoming.headers.host ?? (incoming.headers[':authority'] as string | undefined);
  return new Request(`http://${safeHost(host)}${target}`, {
    method,
    headers,
    signal,
    ...(hasBody && { body, duplex: 'half' as const }),
  });
}

function safeHost(host: string | undefined): string {
  return host && /^[\w.:[\]-]+$/.test(host) && URL.canParse(`http://${host}`) ? host : 'localhost';
}

/** Reads a request's body only as far as the handler asks for it. `discard` drops what the handler has left of it. */
function bodyOf(incoming: IncomingMessage) {
  const chunks = incoming.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>;
  const discard = async () => {
    await chunks.return?.().catch(() => undefined);
    incoming.resume();
  };
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: discard,
    },
    { highWaterMark: 0 },
  );
  return { stream, discard: () => void discard() };
}

/** Pauses reading while the socket's buffer is full. */
async function pump(body: ReadableStream<Uint8Array>, outgoing: ServerResponse): Promise<void> {
  const reader = body.getReader();
  // Stop reading when the client disconnects, even if the body sends nothing.
  outgoing.once('close', () => void reader.cancel().catch(() => undefined));
  outgoing.flushHeaders();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (!outgoing.write(value)) await drained(outgoing);
    if (outgoing.destroyed) return;
  }
  outgoing.end();
}

function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      outgoing.off('drain', done);
      outgoing.off('close', done);
      resolve();
    };
    outgoing.once('drain', done);
    outgoing.once('close', done);
  });
}
