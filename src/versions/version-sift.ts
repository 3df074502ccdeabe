import type { ManifestEntry } from '../shared/manifest';
import type { NormalManifest } from '../shared/parse-manifest';
import type { LowerRevisions } from './lower-revisions';
import { ALL, type Change, type Known, type VersionBook } from './version-book';

/** Most sightings that a doubtful change ever needs. */
const MOST_SIGHTINGS = 6;

/** Returns all entries of a manifest, the one for all as layer `*`. */
export function entriesOf({ all, layers }: NormalManifest): Array<[string, ManifestEntry]> {
  return [...Object.entries(layers), ...(all ? [[ALL, all] as [string, ManifestEntry]] : [])];
}

/** Notes all of a manifest. Returns the changes; layers without an entry of their own follow the one for all in silence. */
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
 * Tells whether a manifest contains anything that the page does not know. A new revision of the same version means that
 * an edge was repaired: clients may hold tiles of the version before.
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
  /** Entries with a lower revision, or the epoch before, that were not seen before: they are refused. */
  refused: Array<{ layer: string; said: number | string | undefined; known: number | string | undefined }>;
}

export type Sift = (manifest: NormalManifest, older: boolean) => Sifted;

/**
 * Creates the sieve that manifests go through: what an entry's `revision` proves outdated falls out, unless the origin
 * insists. Revisions are compared within one `epoch` of the origin's; the epoch before counts as lower.
 *
 * Without revisions the manifest read last wins; but a CDN node that lags must not make the page flip between two
 * versions. So a step back to the version just left, or a manifest that is `older` than what is known, is only
 * believed when the checks that follow within seconds say the same: one check the first time, one more for each time
 * that this layer went back and forth before. A node that lags is outvoted; a true rollback takes seconds longer.
 */
export function createSift(book: VersionBook, lower: LowerRevisions): Sift {
  const doubts = new Map<string, { version: string; seen: number }>();
  const flips = new Map<string, number>();

  /** Returns the sightings of a doubtful version, or 0 when it is believed. */
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

  /** True if an entry's revision says that it is outdated; undefined if revisions say nothing. */
  function isOutdated(known: Known | undefined, { revision, epoch }: ManifestEntry): boolean | undefined {
    if (known && epoch !== undefined && epoch !== known.epoch) return epoch === known.formerEpoch;
    return known?.revision !== undefined && revision !== undefined ? revision < known.revision : undefined;
  }

  /** Returns -1 for an outdated entry, 0 for one to believe, else the sightings of a doubtful one. */
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
