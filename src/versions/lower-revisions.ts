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
 * A revision can go too high: a publisher counts anew after a restart, or in another unit, or one message was absurd. Then
 * the layer would stand still for good, for whatever comes after counts as outdated. A node that lags says an old revision,
 * too, but not check after check for minutes: who does is believed, also when it counts on meanwhile.
 */
export function createLowerRevisions({ checks, seconds }: BelieveAfter, now: () => number): LowerRevisions {
  const sightings = new Map<string, Sighting>();
  return {
    see(layer, { revision = 0, version }) {
      const last = sightings.get(layer);
      // Who publishes often says another one each time; a node that lags is among others that do not.
      const goesOn = last && revision >= last.revision;
      const { seen, since } = goesOn ? last : { seen: 0, since: now() };
      const sighting = { revision, version, seen: seen + 1, since };
      sightings.set(layer, sighting);
      // A clock that was set back does not prove that time has passed.
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
