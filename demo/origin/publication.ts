import type { ManifestChange, ManifestEntry, VersionManifest } from '../../src/shared/manifest';
import type { BBox } from '../../src/shared/tile';
import { digest } from './seed';
import { inBox } from './tile-maths';

/** A layer's data as they stand: how often published whole, and the boxes published since. */
export interface Edition {
  whole: number;
  boxes: readonly BBox[];
}

export interface Publications {
  edition(layer: string): Edition;
  version(layer: string): string;
  /** Publishes changed data, of the whole layer or inside a box; returns the layer's new entry. */
  publish(layer: string, bbox?: BBox): ManifestEntry;
  manifest(): VersionManifest & { layers: Record<string, ManifestEntry> };
  /** Back to the first data, as a publication of their own: a rollback is a higher revision with an old version. */
  rollback(): void;
}

/** Boxes that a layer keeps; one more publishes the layer whole. */
const MAX_BOXES = 12;

interface LayerState {
  edition: Edition;
  revision: number;
  /** Versions that lead to the present one by boxes alone, oldest first. */
  steps: Array<{ from: string; bbox: BBox }>;
}

/** What is published, by layer. Versions are a hash of data and edition alone: the same on every machine. */
export function createPublications(
  layers: Record<string, { data: string; reach: number }>,
  now: () => number,
): Publications {
  // Revisions only grow, also over a restart, or browsers that saw the old ones would ignore the new.
  const revisionAfter = (last: number) => Math.max(last + 1, Math.floor(now() / 1000));
  const first = (revision: number): LayerState => ({ edition: { whole: 0, boxes: [] }, revision, steps: [] });
  const states = new Map(Object.keys(layers).map((layer) => [layer, first(revisionAfter(0))]));

  const state = (layer: string): LayerState => {
    const found = states.get(layer);
    if (!found) throw new RangeError(`There is no layer "${layer}". Known: ${[...states.keys()].join(', ')}.`);
    return found;
  };
  const version = (layer: string) => digest(`${layer} ${layers[layer]?.data} ${JSON.stringify(state(layer).edition)}`);
  const entry = (layer: string): ManifestEntry => {
    const { revision, steps } = state(layer);
    return { version: version(layer), revision, ...(steps.length > 0 && { changes: changesOf(steps) }) };
  };

  return {
    edition: (layer) => state(layer).edition,
    version,
    publish(layer, bbox) {
      const { edition, revision, steps } = state(layer);
      const from = version(layer);
      const local = bbox !== undefined && edition.boxes.length < MAX_BOXES;
      states.set(layer, {
        edition: local ? { ...edition, boxes: [...edition.boxes, bbox] } : { whole: edition.whole + 1, boxes: [] },
        revision: revisionAfter(revision),
        steps: local ? [...steps, { from, bbox: widen(bbox, layers[layer]!.reach) }] : [],
      });
      return entry(layer);
    },
    manifest: () => ({ layers: Object.fromEntries([...states.keys()].map((layer) => [layer, entry(layer)])) }),
    rollback() {
      for (const [layer, { edition, revision }] of states) {
        if (edition.whole > 0 || edition.boxes.length > 0) states.set(layer, first(revisionAfter(revision)));
      }
    },
  };
}

/** A client at any earlier version gets every box published since. */
function changesOf(steps: LayerState['steps']): ManifestChange[] {
  return steps.flatMap(({ from }, index) => steps.slice(index).map(({ bbox }) => ({ from, bbox })));
}

/** A box plus what may reach out of it, in degrees. */
function widen([west, south, east, north]: BBox, reach: number): BBox {
  const wrap = (longitude: number) => ((((longitude + 180) % 360) + 360) % 360) - 180;
  const width = west <= east ? east - west : east - west + 360;
  const [lower, upper] = [Math.max(-90, south - reach), Math.min(90, north + reach)];
  if (width + 2 * reach >= 360) return [-180, lower, 180, upper];
  return [wrap(west - reach), lower, wrap(east + reach), upper];
}

/** Names the data at a position: changes with each publication that covers it. */
export function editionAt({ whole, boxes }: Edition, longitude: number, latitude: number): string {
  return `${whole}.${boxes.filter((box) => inBox(longitude, latitude, box)).length}`;
}
