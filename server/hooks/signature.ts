import { sameSecret } from '../http/http';

/**
 * The header in which GitHub and compatible senders put the signature: `sha256=` and the HMAC-SHA256 of the body in
 * hex.
 */
const SIGNATURE = 'x-hub-signature-256';
/** The header with the time in Unix seconds. If the sender sets it, the signature covers `{timestamp}.{body}`. */
const TIMESTAMP = 'x-tile-timestamp';

/**
 * The outcome of a signature check. `digest` identifies the delivery: only a sender with the secret can produce a new
 * one.
 */
export type Signed = { ok: true; digest: string } | { ok: false; why: 'signature' | 'timestamp' };

/** Checks the signature of a delivery in constant time. `maxAge`: seconds by which a timestamp may be off. */
export async function checkSignature(
  headers: Headers,
  body: Uint8Array,
  { secret, maxAge }: { secret: string; maxAge: number },
  now: number,
): Promise<Signed> {
  const timestamp = headers.get(TIMESTAMP);
  const digest = await hmac(secret, joined(timestamp === null ? '' : `${timestamp}.`, body));
  const given = headers.get(SIGNATURE) ?? '';
  if (!(await sameSecret(given.toLowerCase(), `sha256=${digest}`))) return { ok: false, why: 'signature' };
  const age = timestamp === null ? 0 : Math.abs(now / 1000 - (/^\d{1,12}$/.test(timestamp) ? Number(timestamp) : NaN));
  return age <= maxAge ? { ok: true, digest } : { ok: false, why: 'timestamp' };
}

function joined(text: string, body: Uint8Array): ArrayBuffer {
  const head = new TextEncoder().encode(text);
  const all = new Uint8Array(head.length + body.length);
  all.set(head);
  all.set(body, head.length);
  return all.buffer;
}

/** Returns the HMAC-SHA256 in hex. */
export async function hmac(secret: string, message: ArrayBuffer): Promise<string> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(secret), algorithm, false, ['sign']);
  const mac = new Uint8Array(await crypto.subtle.sign('HMAC', key, message));
  return Array.from(mac, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
