import { problem } from '../http/http';

/** 404 without `Cache-Control`: the layer's windows say how long it holds. */
export function missing(): Response {
  return new Response('Nothing is here.\n', {
    status: 404,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
  });
}

/** Words for the outside: neither address nor reason, which are in the log. */
const told = (status: number, message: string, remedy: string) =>
  problem(status, { code: 'NETWORK_FAILED', message, remedy });

export const upstreamFailed = () => told(502, 'The tile server failed.', 'Try again; look at the tile server.');
export const upstreamSlow = () => told(504, 'The tile server did not answer in time.', 'Try again.');
export const upstreamRedirects = () =>
  told(502, 'The tile server redirects to another place.', 'Give --upstream the place that it redirects to.');
