import type { ManifestEntry } from '../shared/manifest';
import type { NormalManifest } from '../shared/parse-manifest';
import { ALL, type Change, type VersionBook } from './version-book';

/** Most sightings that a doubtful change ever needs. */
const MOST_SIGHTINGS = 6;

/** All entries of a manifest, the one for all as layer `*`. */
export function entriesOf({ all, layers }: NormalManifest): Array<[string, ManifestEntry]> {
  return [...Object.entries(layers), ...(all ? [[ALL, all] as [string, ManifestEntry]] : [])];
}

/** Notes all of a manifest. Returns the changes; layers without an entry of their own follow the one for all in silence. */
export function adopt(book: VersionBook, manifest: NormalManifest): Change[] {
  const changes: Change[] = [];
  for (const [layer, { version, revision }] of entriesOf(manifest)) {
    const change = book.learn(layer, version, undefined, revision);
    if (change) changes.push(change);
  }
  const { all, layers } = manifest;
  if (all)
    for (const [layer] of book.entries())
      if (layer !== ALL && !layers[layer]) book.learn(layer, all.version, undefined, all.revision);
  return changes;
}

/** What is left of a manifest, and how often its most doubtful entry was seen. */
export type Sift = (manifest: NormalManifest, older: boolean) => { manifest: NormalManifest; doubts: number };

/**
 * Creates the sieve that manifests go through: what an entry's `revision` proves outdated falls out.
 *
 * Without revisions the manifest read last wins; but a CDN node that lags must not make the page flip between two
 * versions. So a step back to the version just left, or a manifest that is `older` than what is known, is only
 * believed when the checks that follow within seconds say the same: one check the first time, one more for each time
 * that this layer went back and forth before. A node that lags is outvoted; a true rollback takes seconds longer.
 */
export function createSift(book: VersionBook): Sift {
  const doubts = new Map<string, { version: string; seen: number }>();
  const flips = new Map<string, number>();

  /** Sightings of a doubtful version, 0 when it is believed. */
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

  /** -1: outdated; 0: to be believed; else the sightings of a doubtful one. */
  function judge(layer: string, { version, revision }: ManifestEntry, older: boolean): number {
    const known = book.get(layer);
    if (known?.revision !== undefined && revision !== undefined) return revision < known.revision ? -1 : 0;
    if (known && version !== known.version) {
      if (older || version === known.previous) return doubt(layer, version);
      flips.delete(layer);
    }
    doubts.delete(layer);
    return 0;
  }

  return (manifest, older) => {
    const result: NormalManifest = { layers: Object.create(null) as NormalManifest['layers'] };
    let most = 0;
    for (const [layer, entry] of entriesOf(manifest)) {
      const verdict = judge(layer, entry, older);
      most = Math.max(most, verdict);
      if (verdict) continue;
      if (layer === ALL) result.all = entry;
      else result.layers[layer] = entry;
    }
    return { manifest: result, doubts: most };
  };
}
