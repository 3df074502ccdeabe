/** Deliveries that are remembered. */
const MOST = 10_000;

/** Remembers deliveries, so that an eavesdropper cannot replay one. */
export function createDeliveries(): { isNew(digest: string): boolean; forget(digest: string): void } {
  const seen = new Set<string>();
  return {
    isNew(digest) {
      if (seen.has(digest)) return false;
      if (seen.size >= MOST) seen.delete(seen.values().next().value as string);
      seen.add(digest);
      return true;
    },
    /** Forgets a delivery whose publication failed, so that the sender may deliver it again. */
    forget: (digest) => void seen.delete(digest),
  };
}
