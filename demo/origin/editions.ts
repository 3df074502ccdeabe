import type { BBox } from '../../src/shared/tile';
import { digest } from './seed';
import { inBox } from './tile-maths';

/** A layer's data as they stand: how often published whole, and the boxes published since. */
export interface Edition {
  whole: number;
  boxes: readonly BBox[];
  /** How often the data went back to the first ones: each time under a version of its own, so that its history is plain. */
  round: number;
}

/** What a new edition changed. */
export interface Change {
  layer: string;
  version: string;
  /** Absent: the whole layer. */
  bbox?: BBox;
}

export interface Editions {
  edition(layer: string): Edition;
  /** A hash of data and edition, nothing else: the same on every machine. */
  version(layer: string): string;
  /** Changes the data, of the whole layer or inside a box; tiles are made from the new data at once. */
  renew(layer: string, bbox?: BBox): Change;
  /** Back to the first data; tells which layers that changed. */
  rollback(): Change[];
}

/** Boxes that a layer keeps; one more renews it whole. */
const MAX_BOXES = 12;
const FIRST: Edition = { whole: 0, boxes: [], round: 0 };

/** The demo's data, by layer: what a tile pipeline would have in its database. `reach` is in degrees. */
export function createEditions(layers: Record<string, { data: string; reach: number }>): Editions {
  const editions = new Map(Object.keys(layers).map((layer) => [layer, FIRST]));
  const edition = (layer: string): Edition => {
    const found = editions.get(layer);
    if (!found) throw new RangeError(`There is no layer "${layer}". Known: ${[...editions.keys()].join(', ')}.`);
    return found;
  };
  const version = (layer: string) => digest(`${layer} ${layers[layer]?.data} ${JSON.stringify(edition(layer))}`);
  return {
    edition,
    version,
    renew(layer, bbox) {
      const { whole, boxes, round } = edition(layer);
      const local = bbox !== undefined && boxes.length < MAX_BOXES;
      editions.set(layer, local ? { whole, boxes: [...boxes, bbox], round } : { whole: whole + 1, boxes: [], round });
      return { layer, version: version(layer), ...(local && { bbox: widen(bbox, layers[layer]!.reach) }) };
    },
    rollback() {
      const changed = [...editions].filter(([, { whole, boxes }]) => whole > 0 || boxes.length > 0);
      for (const [layer, { round }] of changed) editions.set(layer, { ...FIRST, round: round + 1 });
      return changed.map(([layer]) => ({ layer, version: version(layer) }));
    },
  };
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
