/**
 * Fields of a single connection (RFC 9110 section 7.6.1), and fields that must not be shared or that reveal the
 * upstream.
 */
const NOT_PASSED_ON = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'trailers', 'transfer-encoding', 'upgrade'],
  ...['proxy-authenticate', 'proxy-authorization', 'proxy-authentication-info', 'alt-svc'],
  ...['set-cookie', 'set-cookie2', 'content-location', 'refresh', 'clear-site-data', 'service-worker-allowed'],
]);

/**
 * Fields that are sent to the upstream. Cookies and credentials are not among them: a tile that depends on them must
 * not be served to everybody, and the upstream must not see the publish token.
 */
const ASKED_WITH = [
  ...['accept', 'accept-encoding', 'accept-language', 'user-agent'],
  ...['if-none-match', 'if-modified-since', 'if-range', 'range'],
];

/** Returns the request's headers for the upstream. `believed`: the operator's own proxy wrote `X-Forwarded-*`. */
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

/** Returns the host name that the client requested, or `null` if it is invalid. */
export function forwardedHost(headers: Headers, believed: boolean): string | null {
  const name = (believed && headers.get('x-forwarded-host')) || headers.get('host');
  return name !== null && /^[\w.:[\]-]{1,255}$/.test(name) ? name : null;
}

export function forwardedProtocol(headers: Headers, believed: boolean): 'http' | 'https' {
  return believed && headers.get('x-forwarded-proto') === 'https' ? 'https' : 'http';
}

/**
 * Returns the upstream's headers for the client, from a flat list of names and values. Throws `TypeError` for invalid
 * values.
 */
export function responseHeaders(raw: readonly string[]): Headers {
  const pairs = raw.flatMap((name, i) => (i % 2 === 0 ? [[name.toLowerCase(), raw[i + 1]!] as const] : []));
  const named = pairs.flatMap(([name, value]) =>
    name === 'connection' ? value.split(',').map((each) => each.trim().toLowerCase()) : [],
  );
  const headers = new Headers();
  for (const [name, value] of pairs) if (!NOT_PASSED_ON.has(name) && !named.includes(name)) headers.append(name, value);
  return headers;
}
