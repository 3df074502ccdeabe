/**
 * Computes salted hashes of texts that must not be stored in plain form, and caches them, so that the hit path awaits
 * nothing.
 */
export interface Digest {
  /** Returns the hash synchronously if it is cached, or `undefined`. */
  peek(salt: string, text: string): string | undefined;
  /** Resolves with the first 16 hexadecimal digits of the SHA-256 hash; '' for an empty text. */
  of(salt: string, text: string): Promise<string>;
}

const MAX_REMEMBERED = 1000;

export function createDigest(subtle: Pick<SubtleCrypto, 'digest'>): Digest {
  const known = new Map<string, string>();
  const idOf = (salt: string, text: string) => `${salt} ${text}`;
  return {
    peek: (salt, text) => (text === '' ? '' : known.get(idOf(salt, text))),
    async of(salt, text) {
      if (text === '') return '';
      const id = idOf(salt, text);
      const bytes = new Uint8Array(await subtle.digest('SHA-256', new TextEncoder().encode(id)));
      const hash = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('');
      if (known.size >= MAX_REMEMBERED) known.delete(known.keys().next().value as string);
      known.set(id, hash);
      return hash;
    },
  };
}
