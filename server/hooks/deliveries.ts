/** Deliveries that are remembered. */
const MOST = 10_000;

/** Knows which deliveries came before, so that one that was overheard cannot be sent once more. */
export function createDeliveries(): { isNew(digest: string): boolean; forget(digest: string): void } {
  const seen = new Set<string>();
  return {
    isNew(digest) {
      if (seen.has(digest)) return false;
      if (seen.size >= MOST) seen.delete(seen.values().next().value as string);
      seen.add(digest);
      return true;
    },
    /** What came of it failed: the sender may deliver it again, and it is not lost. */
    forget: (digest) => void seen.delete(digest),
  };
}
