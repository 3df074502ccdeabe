const DIGESTS = /(?:^|\s)sha(256|384|512)-([\w+/-]+)/g;

/**
 * Resolves with false for bytes that the page's browser will refuse, because none of the strongest digests that the
 * request names matches them (Subresource Integrity section 3.3.4). Unknown digests do not count.
 */
export async function isIntact(integrity: string, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const named = [...integrity.matchAll(DIGESTS)];
  const strongest = named
    .map(([, size]) => size)
    .sort()
    .at(-1);
  if (strongest === undefined) return true;
  const digest = new Uint8Array(await crypto.subtle.digest(`SHA-${strongest}`, bytes));
  const text = btoa(String.fromCharCode(...digest)).replace(/=+$/, '');
  return named.some(([, size, of]) => size === strongest && of!.replaceAll('-', '+').replaceAll('_', '/') === text);
}
