import { digest } from '../http/digest';

/** The number of page views seen recently that have the version in force, and that have another one. */
export interface VersionDrift {
  layer: string;
  current: number;
  old: number;
}

/** Remembers the last version of each page view, in bounded memory. */
export interface ClientVersions {
  /** Notes the versions of a page view. Keeps only layers for which `knows` returns true. */
  seen(session: string, versions: Record<string, string>, knows: (layer: string) => boolean, sentAt?: number): void;
  /**
   * Notes that another instance heard from the page view, which counts where it sent its last beacon. `later`: for two
   * beacons of the same instant, the other instance's is the last.
   */
  elsewhere(session: string, sentAt: number, later: boolean): void;
  /**
   * Returns the drift by layer, of the page views heard from within the window. `inForce` returns the version in force.
   */
  drift(inForce: (layer: string) => string | undefined): VersionDrift[];
}

/** A layer and a page view's version of it, hashed to a number, so that long strings from strangers take no memory. */
type Held = readonly [layer: string, version: number];

/**
 * `window`: seconds after which a silent page view no longer counts. `maxHeld`: versions remembered over all page
 * views; a page view has one for each of its layers.
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
    // The map is in order of the last beacon: the oldest sessions come first.
    for (const [session, { at }] of sessions) {
      if (at > before && sessions.size <= maxSessions && held <= maxHeld) break;
      drop(session);
    }
  }

  return {
    seen(session, versions, knows, sentAt = 0) {
      const known = sessions.get(session);
      // Ignore a late beacon that arrives after a newer one.
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
          // Skip layers that this origin does not publish: beacons could otherwise create metric labels.
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
