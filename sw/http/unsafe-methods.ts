/** Safe methods: RFC 9110 section 9.2.1, RFC 3253, 4918, 5323 and the draft of QUERY. */
const SAFE = /^(GET|HEAD|OPTIONS|TRACE|PROPFIND|REPORT|SEARCH|QUERY)$/i;

/**
 * Returns the URLs whose stored responses this response invalidates (RFC 9111 section 4.4). After an unsafe or unknown
 * method and a status that is no error, these are the target and its Location and Content-Location, on the same origin
 * only. An opaque response hides its status and counts as a success.
 */
export function invalidatedBy(
  method: string,
  requestUrl: string,
  response: { status: number; headers: Headers },
): string[] {
  const { status, headers } = response;
  if (SAFE.test(method) || (status !== 0 && (status < 200 || status > 399))) return [];
  const target = new URL(requestUrl);
  const urls = new Set<string>();
  for (const reference of ['', headers.get('location'), headers.get('content-location')]) {
    if (reference === null || !URL.canParse(reference, target)) continue;
    const url = new URL(reference, target);
    url.hash = '';
    if (url.origin === target.origin) urls.add(url.href);
  }
  return [...urls];
}
