import { hostOf } from '../../src/shared/host-of';

/** Connections that browsers open to one host over HTTP/1.1. */
const HTTP1 = 6;

/**
 * Tells how many requests the browser sends to a URL's host at once. Further requests wait in the browser's own queue,
 * where we cannot reorder them. HTTP/2 and HTTP/3 have no limit that matters here.
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
