/** Knows the keys whose last body was no tile: the HTTP cache beneath may have stored that body all the same. */
export interface Suspects {
  /**
   * Tells how to request the key. `reload`: past the HTTP cache. `settled`: the origin sent the same refused body
   * twice, so that is all there is, and the HTTP cache may answer with it again as it would without a worker.
   * Undefined: no refused body is known.
   */
  of(key: string): 'reload' | 'settled' | undefined;
  /** Notes a body that the worker refused. */
  refused(key: string, reason: string, bytes: Uint8Array | undefined): void;
  /** Forgets the key, because a tile has come. */
  forget(key: string): void;
}

const MAX_SUSPECTS = 1000;

export function createSuspects(): Suspects {
  const seen = new Map<string, { print: string; alike: boolean }>();
  return {
    of(key) {
      const one = seen.get(key);
      return one && (one.alike ? 'settled' : 'reload');
    },
    refused(key, reason, bytes) {
      const print = `${reason} ${printOf(bytes ?? new Uint8Array())}`;
      const before = seen.get(key);
      if (!before && seen.size >= MAX_SUSPECTS) seen.clear();
      seen.set(key, { print, alike: before?.print === print });
    },
    forget: (key) => void seen.delete(key),
  };
}

/** Returns the length and a hash of the beginning (FNV-1a): enough to tell one error page from another. */
function printOf(bytes: Uint8Array): string {
  let hash = 0x811c9dc5;
  for (const byte of bytes.subarray(0, 4096)) hash = Math.imul(hash ^ byte, 0x01000193);
  return `${bytes.byteLength} ${hash >>> 0}`;
}
