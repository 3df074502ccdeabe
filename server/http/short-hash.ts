/** Returns 80 bits of a SHA-256 in hexadecimal, enough to tell contents apart. */
export async function shortHash(text: string): Promise<string> {
  const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return Array.from(sum.subarray(0, 10), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
