/** Fields of one connection, RFC 9110 section 7.6.1, and what nobody may share with others or learn of the upstream. */
const NOT_PASSED_ON = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'trailers', 'transfer-encoding', 'upgrade'],
  ...['proxy-authenticate', 'proxy-authorization', 'proxy-authentication-info', 'alt-svc'],
  ...['set-cookie', 'set-cookie2', 'content-location', 'refresh', 'clear-site-data', 'service-worker-allowed'],
]);

/**
 * What goes to the upstream. Neither cookies nor credentials: a tile that depends on them must not come out as one for
 * everybody, and the token for publishing is none of the upstream's business.
 */
const ASKED_WITH = [
  ...['accept', 'accept-encoding', 'accept-language', 'user-agent'],
  ...['if-none-match', 'if-modified-since', 'if-range', 'range'],
];

/** The request's headers for the upstream. `believed`: a proxy of one's own wrote `X-Forwarded-*`. */
export function requestHeaders(headers: Headers, host: string, believed: boolean): Record<string, string> {
  const kept = ASKED_WITH.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(kept),
    host,
    'x-forwarded-host': forwardedHost(headers, believed) ?? host,
    'x-forwarded-proto': forwardedProtocol(headers, believed),
  };
}

/** The name under which the client asked; `null` where it is none. */
export function forwardedHost(headers: Headers, believed: boolean): string | null {
  const name = (believed && headers.get('x-forwarded-host')) || headers.get('host');
  return name !== null && /^[\w.:[\]-]{1,255}$/.test(name) ? name : null;
}

export function forwardedProtocol(headers: Headers, believed: boolean): 'http' | 'https' {
  return believed && headers.get('x-forwarded-proto') === 'https' ? 'https' : 'http';
}

/** The upstream's headers for the client, from pairs in one row. Throws `TypeError` for what no header may hold. */
export function responseHeaders(raw: readonly string[]): Headers {
  const pairs = raw.flatMap((name, i) => (i % 2 === 0 ? [[name.toLowerCase(), raw[i + 1]!] as const] : []));
  const named = pairs.flatMap(([name, value]) =>
    name === 'connection' ? value.split(',').map((each) => each.trim().toLowerCase()) : [],
  );
  const headers = new Headers();
  for (const [name, value] of pairs) if (!NOT_PASSED_ON.has(name) && !named.includes(name)) headers.append(name, value);
  return headers;
}
