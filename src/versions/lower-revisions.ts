import type { ManifestEntry } from '../shared/manifest';

/** A revision lower than the one in force, and how often manifests reported it. */
export interface Sighting {
  revision: number;
  version: string;
  seen: number;
  /** Epoch milliseconds of the first time. */
  since: number;
}

export type Sightings = Array<[layer: string, sighting: Sighting]>;

/** Decides when the page believes a lower revision. */
export interface BelieveAfter {
  /** The number of checks in a row that report it, or a later revision that is also too low. */
  checks: number;
  /** Milliseconds between the first and the last of them. */
  seconds: number;
}

/** Counts how often in a row manifests report a lower revision than the one in force. */
export interface LowerRevisions {
  /** Notes a lower revision. `first`: it was not seen before. */
  see(layer: string, entry: ManifestEntry): 'first' | 'again' | 'believed';
  /** Ends all doubt about a layer, after a revision that is not lower. */
  forget(layer: string): void;
  entries(): Sightings;
  /** Takes over what another tab, or this page before it was reloaded, has seen. */
  load(sightings: unknown): void;
}

/**
 * Creates the counter. A revision can get too high: a publisher may restart its count or change its unit, or one
 * message was wrong. The layer would then stand still for good, because every later revision counts as outdated. A node
 * that lags also reports an old revision, but not in check after check for minutes. So a revision that persists is
 * believed, even if it grows in the meantime.
 */
export function createLowerRevisions({ checks, seconds }: BelieveAfter, now: () => number): LowerRevisions {
  const sightings = new Map<string, Sighting>();
  return {
    see(layer, { revision = 0, version }) {
      const last = sightings.get(layer);
      // A busy publisher reports a new revision each time. A node that lags is one of several that do not lag.
      const goesOn = last && revision >= last.revision;
      const { seen, since } = goesOn ? last : { seen: 0, since: now() };
      const sighting = { revision, version, seen: seen + 1, since };
      sightings.set(layer, sighting);
      // If the clock was set back, it does not prove that time has passed.
      if (sighting.seen >= checks && now() - sighting.since >= seconds) {
        sightings.delete(layer);
        return 'believed';
      }
      return goesOn ? 'again' : 'first';
    },
    forget: (layer) => void sightings.delete(layer),
    entries: () => [...sightings],
    load(given) {
      if (!Array.isArray(given)) return;
      sightings.clear();
      for (const entry of given as unknown[]) if (isSighting(entry)) sightings.set(...entry);
    },
  };
}

function isSighting(value: unknown): value is Sightings[number] {
  const [layer, sighting] = Array.isArray(value) ? (value as [unknown, Partial<Sighting> | null]) : [];
  const { revision, version, seen, since } = sighting ?? {};
  return (
    typeof layer === 'string' && typeof version === 'string' && [revision, seen, since].every((n) => Number.isFinite(n))
  );
}
