import { Agent as HttpAgent, type IncomingMessage, request as askHttp } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { Agent as HttpsAgent, request as askHttps } from 'node:https';
import { type Handler, wrongMethod } from '../http/http';
import { limited, MAX_BYTES, toStream } from './bodies';
import { missing, upstreamFailed, upstreamRedirects, upstreamSlow } from './answers';
import { forwardedHost, requestHeaders, responseHeaders } from './proxy-headers';
import { redirectPath, type Upstream, upstreamPath } from './upstream-paths';

/** Bytes up to which an answer is read completely before it is passed on. */
const WHOLE = 1024 * 1024;
/** Connections to the upstream. Further requests wait for one. */
const MAX_SOCKETS = 256;

export interface UpstreamOptions {
  /** Seconds until the answer must begin, and for which its body may stall. */
  timeout: number;
  /** Whether the operator's own proxy wrote `X-Forwarded-*`. */
  believed: boolean;
  /** Takes the outcome of each request: `undefined` for a success, or else a short code. */
  note(trouble: string | undefined): void;
}

/**
 * Creates a handler that requests a tile server and passes on its bytes unchanged. It does not use `fetch`, which would
 * decompress them, so that the ETag would no longer match. It passes on redirects within the upstream, but never
 * follows them.
 */
export function createUpstream(upstream: Upstream, options: UpstreamOptions): { handler: Handler; close(): void } {
  const secure = upstream.origin.startsWith('https:');
  const agent = new (secure ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: MAX_SOCKETS });
  const { host } = new URL(upstream.origin);

  function ask(path: string, request: Request, again = true): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const outgoing = (secure ? askHttps : askHttp)(upstream.origin, {
        agent,
        path,
        method: request.method,
        headers: requestHeaders(request.headers, host, options.believed),
        signal: request.signal,
      });
      const slow = () => outgoing.destroy(Object.assign(new Error('slow'), { code: 'SLOW' }));
      const timer = setTimeout(slow, options.timeout * 1000);
      outgoing.on('response', (incoming) => {
        clearTimeout(timer);
        // Without a listener, an error would end the process if nobody reads the body.
        incoming.on('error', () => undefined);
        incoming.setTimeout(options.timeout * 1000, () =>
          incoming.destroy(new Error('The upstream stopped sending the body.')),
        );
        resolve(incoming);
      });
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        // The upstream closed an idle connection before answering: send the request once more.
        if (again && outgoing.reusedSocket && error.code === 'ECONNRESET') resolve(ask(path, request, false));
        else reject(error);
      });
      // A connection that the upstream takes away (101) is closed with neither answer nor error.
      outgoing.on('close', () => {
        clearTimeout(timer);
        reject(Object.assign(new Error('closed'), { code: 'CLOSED' }));
      });
      outgoing.end();
    });
  }

  async function answer(incoming: IncomingMessage, path: string, request: Request): Promise<Response> {
    const status = incoming.statusCode ?? 502;
    const headers = responseHeaders(incoming.rawHeaders);
    const location = headers.get('location');
    if (status >= 300 && status < 400 && location !== null) {
      const to = redirectPath(upstream, location, path, forwardedHost(request.headers, options.believed));
      if (to === undefined) throw Object.assign(new Error('redirect'), { code: 'REDIRECT' });
      headers.set('location', to);
    }
    if (Number(headers.get('content-length') ?? 0) > MAX_BYTES && request.method !== 'HEAD')
      throw Object.assign(new Error('long'), { code: 'TOO_LONG' });
    return new Response(await bodyOf(incoming, request.method, headers), { status, headers });
  }

  const handler: Handler = async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return wrongMethod('GET', 'HEAD');
    const { pathname, search } = new URL(request.url);
    const path = upstreamPath(upstream, pathname);
    if (path === undefined) return missing();
    let incoming: IncomingMessage | undefined;
    try {
      incoming = await ask(path + search, request);
      const response = await answer(incoming, path + search, request);
      options.note(undefined);
      return response;
    } catch (error) {
      incoming?.destroy();
      const code = codeOf(error);
      if (!request.signal.aborted) options.note(code);
      return code === 'SLOW' ? upstreamSlow() : code === 'REDIRECT' ? upstreamRedirects() : upstreamFailed();
    }
  };

  return { handler, close: () => agent.destroy() };
}

/**
 * Reads a tile completely, so that one that breaks off becomes a 502. Streams longer bodies and those of unknown
 * length.
 */
async function bodyOf(incoming: IncomingMessage, method: string, headers: Headers) {
  if (method === 'HEAD' || [204, 205, 304].includes(incoming.statusCode ?? 0)) return (incoming.resume(), null);
  const length = Number(headers.get('content-length') ?? Infinity);
  return length <= WHOLE ? new Uint8Array(await buffer(incoming)) : toStream(limited(incoming, MAX_BYTES));
}

/** Returns the error's code. Its message may contain addresses. */
function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^\w{1,40}$/.test(code) ? code : 'FAILED';
}
