import { createHash } from 'node:crypto';

/** The same text gives the same number, on every machine: 0 up to (not including) 2^32. */
export function seed(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0);
}

/** The first `length` hexadecimal digits of a body's SHA-256. */
export function digest(body: string | Uint8Array, length = 8): string {
  return createHash('sha256').update(body).digest('hex').slice(0, length);
}
