/**
 * Returns the ways to send the request with another mode of the HTTP cache, the best first. A media element's own
 * request loses its Range by any change (Fetch standard, privileged no-CORS request-headers), so the first way changes
 * its mode, which keeps the Range. To another host that request carries no cookies, and fails if the host sends no CORS
 * headers; then the second way gets the whole file.
 */
export function withCacheMode(request: Request, cache: RequestCache, origin: string): Request[] {
  const plain = new Request(request, { cache });
  const { headers, url } = request;
  if (request.mode !== 'no-cors' || !headers.has('range')) return [plain];
  const own = url.startsWith(`${origin}/`);
  const carrying = own ? ({ mode: 'same-origin' } as const) : ({ mode: 'cors', credentials: 'same-origin' } as const);
  return [new Request(request, { cache, headers, ...carrying }), plain];
}
