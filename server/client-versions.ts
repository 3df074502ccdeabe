/** How many page views were seen lately, and how many of them have the version in force. */
export interface VersionDrift {
  layer: string;
  current: number;
  old: number;
}

/** Remembers which version each page view had last, in bounded memory. */
export interface ClientVersions {
  seen(session: string, versions: Record<string, string>): void;
  /** By layer, of the page views heard of within the window. `inForce` says the present version. */
  drift(inForce: (layer: string) => string | undefined): VersionDrift[];
}

/** `window`: seconds after which a page view that sent nothing counts no more. */
export function createClientVersions(
  { window = 300, maxSessions = 50_000 }: { window?: number; maxSessions?: number },
  now: () => number,
): ClientVersions {
  const sessions = new Map<string, { at: number; versions: Record<string, string> }>();

  function forget(): void {
    const before = now() - window * 1000;
    // The map's order is the order of the last beacon: the oldest stand first.
    for (const [session, { at }] of sessions) {
      if (at > before && sessions.size <= maxSessions) break;
      sessions.delete(session);
    }
  }

  return {
    seen(session, versions) {
      sessions.delete(session);
      sessions.set(session, { at: now(), versions });
      forget();
    },
    drift(inForce) {
      forget();
      const layers = new Map<string, VersionDrift>();
      for (const { versions } of sessions.values()) {
        for (const [layer, version] of Object.entries(versions)) {
          const present = inForce(layer);
          // A layer that this origin does not publish is nobody's drift, and must not become a label.
          if (present === undefined) continue;
          const count = layers.get(layer) ?? { layer, current: 0, old: 0 };
          layers.set(layer, count);
          count[version === present ? 'current' : 'old'] += 1;
        }
      }
      return [...layers.values()];
    },
  };
}
