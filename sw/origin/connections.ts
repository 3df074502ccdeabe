import { hostOf } from '../../src/shared/host-of';

/** Connections that browsers open to one host over HTTP/1.1. */
const HTTP1 = 6;

/**
 * How many requests to a URL's host the browser has under way at once. What is handed to it beyond that waits in a queue
 * of its own, out of reach of any order of ours. HTTP/2 and 3 have no such bound that matters here.
 */
export function createConnections(
  protocolOf: (origin: string) => string | undefined = () => undefined,
): (url: string) => number {
  return (url) => {
    const origin = hostOf(url);
    // No browser speaks HTTP/2 without TLS.
    if (origin.startsWith('http:')) return HTTP1;
    return /^http\/1/.test(protocolOf(origin) ?? '') ? HTTP1 : Infinity;
  };
}
