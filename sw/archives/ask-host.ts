import type { Timers } from '../util/deadline';
import { STALL_MS } from './read-part';

/** The tools that send requests to an archive's host. */
export interface HostTools {
  fetch: (request: Request) => Promise<Response>;
  url: string;
  timers: Timers;
}

/**
 * Asks an archive's host, past the HTTP cache, which may hold parts of an older file. Gives up a host that does not
 * answer, so that nothing waits behind it for ever. Rejects as the network does.
 */
export function askHost(headers: HeadersInit, { fetch, url, timers }: HostTools): Promise<Response> {
  const controller = new AbortController();
  const request = new Request(url, {
    headers,
    cache: 'no-store',
    credentials: 'same-origin',
    // Use CORS on our own origin as well, which may redirect to the file's real place.
    mode: 'cors',
    signal: controller.signal,
  });
  let timer: unknown;
  const silence = new Promise<never>((_, reject) => {
    timer = timers.setTimeout(() => {
      controller.abort();
      reject(new TypeError("The archive's host says nothing"));
    }, STALL_MS);
  });
  return Promise.race([fetch(request), silence]).finally(() => timers.clearTimeout(timer as never));
}
