import type { TileAddress } from '../../src/shared/tile-matcher';

/**
 * True for requests that the worker leaves to the browser although they may lie under a tile's path: navigations, and
 * event streams, which have no end that a worker could wait for: Firefox ends a worker's answer after 30 s.
 */
export function isLeftAlone({ mode, headers }: Pick<Request, 'mode' | 'headers'>): boolean {
  return mode === 'navigate' || /(^|[\s,])text\/event-stream([\s;,]|$)/i.test(headers.get('accept') ?? '');
}

/** Destinations (Fetch standard) of what makes up a page. */
const PAGE = /^(script|style|manifest|xslt|i?frame|embed|object|.*work(er|let))$/;

/** True for a part of a page under the catch-all path: an app may live under `/tiles/`, too. */
export const isPartOfPage = ({ destination }: Pick<Request, 'destination'>, { layer }: Pick<TileAddress, 'layer'>) =>
  layer.catchAll && PAGE.test(destination);

/**
 * Makes an answer that has the browser request the same URL again. A redirect that a worker makes comes back to it
 * (Fetch standard, HTTP fetch); the route then leaves the request to the browser.
 */
export const letBrowserLoad = ({ url }: Pick<Request, 'url'>): Response => Response.redirect(url, 307);
