import type { ManifestEntry } from '../shared/manifest';

/** A lower revision than the one in force, and how often it was seen. */
export interface Sighting {
  revision: number;
  version: string;
  seen: number;
  /** Epoch milliseconds of the first time. */
  since: number;
}

export type Sightings = Array<[layer: string, sighting: Sighting]>;

/** When a lower revision is believed. */
export interface BelieveAfter {
  /** Checks that say the same. */
  checks: number;
  /** Milliseconds between the first and the last of them. */
  seconds: number;
}

/** Counts how often manifests say a revision that is lower than the one in force. */
export interface LowerRevisions {
  /** `first`: it was not seen before. */
  see(layer: string, entry: ManifestEntry): 'first' | 'again' | 'believed';
  /** A revision that is not lower ends all doubt. */
  forget(layer: string): void;
  entries(): Sightings;
  /** Takes over what another tab, or this page before it was reloaded, has seen. */
  load(sightings: unknown): void;
}

/**
 * A revision can go too high: a publisher counts anew after a restart, or in another unit, or one message was absurd. Then
 * the layer would stand still for good, for whatever comes after counts as outdated. A node that lags says an old revision,
 * too, but not check after check for minutes: what does is believed.
 */
export function createLowerRevisions({ checks, seconds }: BelieveAfter, now: () => number): LowerRevisions {
  const sightings = new Map<string, Sighting>();
  return {
    see(layer, { revision = 0, version }) {
      const last = sightings.get(layer);
      const same = last?.revision === revision && last.version === version;
      const sighting = same ? { ...last, seen: last.seen + 1 } : { revision, version, seen: 1, since: now() };
      sightings.set(layer, sighting);
      // A clock that was set back proves no time.
      if (sighting.seen >= checks && now() - sighting.since >= seconds) {
        sightings.delete(layer);
        return 'believed';
      }
      return same ? 'again' : 'first';
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
