import { digest } from '../http/digest';

/** How many page views were seen lately, and how many of them have the version in force. */
export interface VersionDrift {
  layer: string;
  current: number;
  old: number;
}

/** Remembers which version each page view had last, in bounded memory. */
export interface ClientVersions {
  /** What is kept of `versions` are the layers that `knows` knows: the others are nobody's drift. */
  seen(session: string, versions: Record<string, string>, knows: (layer: string) => boolean, sentAt?: number): void;
  /** Another instance heard of the page view: it counts where its last beacon went. `later`: at the same instant, theirs is the last. */
  elsewhere(session: string, sentAt: number, later: boolean): void;
  /** By layer, of the page views heard of within the window. `inForce` says the present version. */
  drift(inForce: (layer: string) => string | undefined): VersionDrift[];
}

/** A layer, and the version that a page view has of it, as a number: what strangers send is not kept in its length. */
type Held = readonly [layer: string, version: number];

/**
 * `window`: seconds after which a page view that sent nothing counts no more. `maxHeld`: versions remembered over all page
 * views; a page view has as many as it has layers.
 */
export function createClientVersions(
  {
    window = 300,
    maxSessions = 50_000,
    maxHeld = 500_000,
  }: { window?: number; maxSessions?: number; maxHeld?: number },
  now: () => number,
): ClientVersions {
  const sessions = new Map<string, { at: number; sentAt: number; versions: readonly Held[] }>();
  let held = 0;

  function drop(session: string): void {
    held -= sessions.get(session)?.versions.length ?? 0;
    sessions.delete(session);
  }

  function forget(): void {
    const before = now() - window * 1000;
    // The map's order is the order of the last beacon: the oldest stand first.
    for (const [session, { at }] of sessions) {
      if (at > before && sessions.size <= maxSessions && held <= maxHeld) break;
      drop(session);
    }
  }

  return {
    seen(session, versions, knows, sentAt = 0) {
      const known = sessions.get(session);
      // One that was late, and came behind a newer one, says nothing of now.
      if (known && sentAt < known.sentAt && known.at > now() - window * 1000) return;
      drop(session);
      const kept = Object.entries(versions)
        .filter(([layer]) => knows(layer))
        .map(([layer, version]): Held => [layer, digest(version)]);
      held += kept.length;
      sessions.set(session, { at: now(), sentAt, versions: kept });
      forget();
    },
    elsewhere(session, sentAt, later) {
      const own = sessions.get(session)?.sentAt ?? Infinity;
      if (own < sentAt || (own === sentAt && later)) drop(session);
    },
    drift(inForce) {
      forget();
      const layers = new Map<string, VersionDrift>();
      for (const { versions } of sessions.values()) {
        for (const [layer, version] of versions) {
          const present = inForce(layer);
          // A layer that this origin does not publish is nobody's drift, and must not become a label.
          if (present === undefined) continue;
          const count = layers.get(layer) ?? { layer, current: 0, old: 0 };
          layers.set(layer, count);
          count[version === digest(present) ? 'current' : 'old'] += 1;
        }
      }
      return [...layers.values()];
    },
  };
}
