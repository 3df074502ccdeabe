/**
 * True for what is the browser's business although it may lie under a tile's path: navigations, and event streams, which
 * have no end that a worker could wait for; Firefox cuts one that a worker answers after 30 s.
 */
export function isLeftAlone({ mode, headers }: Pick<Request, 'mode' | 'headers'>): boolean {
  return mode === 'navigate' || /(^|[\s,])text\/event-stream([\s;,]|$)/i.test(headers.get('accept') ?? '');
}

/**
 * An answer that has the browser ask again for the same URL. A redirect that a worker makes comes back to it (Fetch
 * standard, HTTP fetch); the route leaves it to the browser then.
 */
export const letBrowserLoad = ({ url }: Pick<Request, 'url'>): Response => Response.redirect(url, 307);
