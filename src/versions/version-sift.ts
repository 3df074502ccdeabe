import type { ManifestEntry } from '../shared/manifest';
import type { NormalManifest } from '../shared/parse-manifest';
import type { LowerRevisions } from './lower-revisions';
import { ALL, type Change, type Known, type VersionBook } from './version-book';

/** The highest number of sightings that a doubtful change needs. */
const MOST_SIGHTINGS = 6;

/** Returns all entries of a manifest. The entry for all has the layer `*`. */
export function entriesOf({ all, layers }: NormalManifest): Array<[string, ManifestEntry]> {
  return [...Object.entries(layers), ...(all ? [[ALL, all] as [string, ManifestEntry]] : [])];
}

/**
 * Adopts a whole manifest. Returns the changes. Layers without an entry of their own follow the entry for all, and are
 * not announced.
 */
export function adopt(book: VersionBook, manifest: NormalManifest): Change[] {
  const changes: Change[] = [];
  for (const [layer, { version, revision, epoch }] of entriesOf(manifest)) {
    const change = book.learn(layer, version, undefined, revision, epoch);
    if (change) changes.push(change);
  }
  const { all, layers } = manifest;
  if (all)
    for (const [layer] of book.entries())
      if (layer !== ALL && !layers[layer]) book.learn(layer, all.version, undefined, all.revision, all.epoch);
  return changes;
}

/**
 * Returns true if a manifest contains anything that the page does not know. A new revision of the same version counts:
 * it means that an edge was repaired, and stored tiles may be of the version before.
 */
export function hasNews(book: VersionBook, manifest: NormalManifest): boolean {
  return entriesOf(manifest).some(([layer, { version, revision, epoch }]) => {
    const known = book.get(layer);
    return version !== known?.version || revision !== known.revision || (epoch !== undefined && epoch !== known.epoch);
  });
}

/** The result of sifting a manifest. */
export interface Sifted {
  manifest: NormalManifest;
  /** The number of sightings of its most doubtful entry. */
  doubts: number;
  /** Layers whose lower revision, or former epoch, was seen often enough to be believed. */
  believe: string[];
  /** Entries with a lower revision, or of the epoch before, at their first sighting. They are refused. */
  refused: Array<{ layer: string; said: number | string | undefined; known: number | string | undefined }>;
}

export type Sift = (manifest: NormalManifest, older: boolean) => Sifted;

/**
 * Creates the sieve that every manifest goes through. It removes entries whose `revision` is outdated, unless the
 * origin insists. It compares revisions within one `epoch`; those of the epoch before count as lower.
 *
 * Without revisions the last manifest wins, but a CDN node that lags must not make the page flip between two versions.
 * So the sieve believes a step back to the previous version, or a manifest that is `older` than what is known, only if
 * the following checks, within seconds, agree: one check the first time, and one more for each time that the layer has
 * gone back and forth before. The other nodes outvote one that lags; a real rollback takes some seconds longer.
 */
export function createSift(book: VersionBook, lower: LowerRevisions): Sift {
  const doubts = new Map<string, { version: string; seen: number }>();
  const flips = new Map<string, number>();

  /** Returns the number of sightings of a doubtful version, or 0 if it is believed. */
  function doubt(layer: string, version: string): number {
    const last = doubts.get(layer);
    const seen = (last?.version === version ? last.seen : 0) + 1;
    const before = flips.get(layer) ?? 0;
    if (seen < Math.min(before + 2, MOST_SIGHTINGS)) {
      doubts.set(layer, { version, seen });
      return seen;
    }
    doubts.delete(layer);
    flips.set(layer, before + 1);
    return 0;
  }

  /** Returns true if the entry's revision is outdated, and `undefined` if revisions do not tell. */
  function isOutdated(known: Known | undefined, { revision, epoch }: ManifestEntry): boolean | undefined {
    if (known && epoch !== undefined && epoch !== known.epoch) return epoch === known.formerEpoch;
    return known?.revision !== undefined && revision !== undefined ? revision < known.revision : undefined;
  }

  /** Returns -1 for an outdated entry, 0 for a believed one, otherwise the number of sightings of a doubtful one. */
  function judge(layer: string, entry: ManifestEntry, older: boolean, sifted: Sifted): number {
    const known = book.get(layer);
    const { version, revision, epoch = known?.epoch } = entry;
    const outdated = isOutdated(known, entry);
    if (known && outdated) {
      const word = lower.see(layer, entry);
      const isOwn = epoch === known.epoch;
      if (word === 'first')
        sifted.refused.push({ layer, said: isOwn ? revision : epoch, known: isOwn ? known.revision : known.epoch });
      if (word !== 'believed') return -1;
      sifted.believe.push(layer);
      return 0;
    }
    lower.forget(layer);
    if (outdated !== undefined) return 0;
    if (known && version !== known.version) {
      if (older || version === known.previous) return doubt(layer, version);
      flips.delete(layer);
    }
    doubts.delete(layer);
    return 0;
  }

  return (manifest, older) => {
    const left: NormalManifest = { layers: Object.create(null) as NormalManifest['layers'] };
    const sifted: Sifted = { manifest: left, doubts: 0, believe: [], refused: [] };
    for (const [layer, entry] of entriesOf(manifest)) {
      const verdict = judge(layer, entry, older, sifted);
      sifted.doubts = Math.max(sifted.doubts, verdict);
      if (verdict) continue;
      if (layer === ALL) left.all = entry;
      else left.layers[layer] = entry;
    }
    return sifted;
  };
}
