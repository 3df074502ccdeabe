/**
 * Returns the ways to send the request with another mode of the HTTP cache, the best first. A media element's own
 * request loses its Range by any change (Fetch standard, privileged no-CORS request-headers). A request in another mode
 * carries the Range: to other hosts without cookies, and in vain if they send no CORS headers; then the whole file
 * comes.
 */
export function withCacheMode(request: Request, cache: RequestCache, origin: string): Request[] {
  const plain = new Request(request, { cache });
  const { headers, url } = request;
  if (request.mode !== 'no-cors' || !headers.has('range')) return [plain];
  const own = url.startsWith(`${origin}/`);
  const carrying = own ? ({ mode: 'same-origin' } as const) : ({ mode: 'cors', credentials: 'same-origin' } as const);
  return [new Request(request, { cache, headers, ...carrying }), plain];
}
