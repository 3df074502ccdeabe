import { problem } from '../http/http';

/** Creates a 404 without `Cache-Control`, which the layer's options then set. */
export function missing(): Response {
  return new Response('Nothing is here.\n', {
    status: 404,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
  });
}

/** Creates an error response for clients, without address and reason, which are in the log. */
const told = (status: number, message: string, remedy: string) =>
  problem(status, { code: 'NETWORK_FAILED', message, remedy });

export const upstreamFailed = () => told(502, 'The tile server failed.', 'Try again; look at the tile server.');
export const upstreamSlow = () => told(504, 'The tile server did not answer in time.', 'Try again.');
export const upstreamRedirects = () =>
  told(502, 'The tile server redirects to another place.', 'Give --upstream the place that it redirects to.');
