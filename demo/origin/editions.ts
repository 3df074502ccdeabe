import type { BBox } from '../../src/shared/tile';
import { digest } from './seed';
import { inBox } from './tile-maths';

/** The current data of a layer: how often it was published as a whole, and the boxes published since. */
export interface Edition {
  whole: number;
  boxes: readonly BBox[];
  /** How often the initial data was restored. Each time it gets a new version, so that the history is clear. */
  round: number;
}

/** A new edition, and its range. */
export interface Change {
  layer: string;
  version: string;
  /** Absent if the whole layer changed. */
  bbox?: BBox;
}

export interface Editions {
  edition(layer: string): Edition;
  /** Returns a hash of the data and the edition, which is the same on every machine. */
  version(layer: string): string;
  /** Changes the data of the whole layer or in a box. Tiles then use the new data at once. */
  renew(layer: string, bbox?: BBox): Change;
  /** Restores the initial data. Returns the changed layers. */
  rollback(): Change[];
}

/** Maximum number of boxes of a layer. One more box changes the whole layer. */
const MAX_BOXES = 12;
const FIRST: Edition = { whole: 0, boxes: [], round: 0 };

/** Creates the demo's data by layer, in place of a pipeline's database. `reach` is in degrees. */
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

/** Extends a box by the distance that data may reach out of it, in degrees. */
function widen([west, south, east, north]: BBox, reach: number): BBox {
  const wrap = (longitude: number) => ((((longitude + 180) % 360) + 360) % 360) - 180;
  const width = west <= east ? east - west : east - west + 360;
  const [lower, upper] = [Math.max(-90, south - reach), Math.min(90, north + reach)];
  if (width + 2 * reach >= 360) return [-180, lower, 180, upper];
  return [wrap(west - reach), lower, wrap(east + reach), upper];
}

/** Names the data at a position. The name changes with each publication that covers the position. */
export function editionAt({ whole, boxes }: Edition, longitude: number, latitude: number): string {
  return `${whole}.${boxes.filter((box) => inBox(longitude, latitude, box)).length}`;
}
