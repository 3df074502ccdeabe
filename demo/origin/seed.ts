import { createHash } from 'node:crypto';

/** Returns a number from 0 up to (not including) 2^32 that depends on the text only. */
export function seed(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0);
}

/** Returns the first `length` hexadecimal digits of a body's SHA-256. */
export function digest(body: string | Uint8Array, length = 8): string {
  return createHash('sha256').update(body).digest('hex').slice(0, length);
}
