import { describe, expect, it } from 'vitest';
import { createArea } from '../../../src/shared/area';
import { hilbertId, hilbertTile } from '../../../src/shared/hilbert';
import type { TileId } from '../../../src/shared/tile';
import { extrapolate } from '../../../sw/regions/estimate';
import { createSampler, type PlaceOf } from '../../../sw/regions/sampler';
import { strataOf } from '../../../sw/regions/strata';
import { seeded } from '../fakes/seeded';

type SizeOf = (tile: TileId) => number;
const BOX: [number, number, number, number] = [9, 53, 11, 54];

/** Compares the estimate from a sample of 60 tiles with the real size of a layer. */
function compare(sizes: SizeOf[], zooms: [number, number], box = BOX) {
  const area = createArea(box);
  const strata = strataOf(
    area,
    zooms,
    sizes.map(() => 1),
    1e6,
  );
  const orders = strata.map(({ zoom }) => Float64Array.from([...area.tiles(zoom)].map(hilbertId)).sort());
  const placeOf: PlaceOf = (stratum, at) => {
    const { z, x, y } = hilbertTile(strata[stratum]!.zoom, orders[stratum]![at]!);
    return [x / 2 ** z, y / 2 ** z];
  };
  const sampler = createSampler(strata, placeOf);
  let asked = 0;
  for (let run = sampler.next(); run; run = sampler.next()) {
    asked += 1;
    const { layer, zoom } = strata[run.stratum]!;
    const of = run.holds ?? run;
    const tile = hilbertTile(strata[of.stratum]!.zoom, orders[of.stratum]![of.at]!);
    const up = 2 ** (tile.z - zoom);
    run.size = sizes[layer]!({ z: zoom, x: Math.floor(tile.x / up), y: Math.floor(tile.y / up) });
  }
  let all = 0;
  strata.forEach(({ layer, zoom }) => {
    for (const tile of area.tiles(zoom)) all += sizes[layer]!(tile);
  });
  const { bytes, spread } = extrapolate(strata, sampler.runs, placeOf)!;
  return { asked, signed: bytes / all - 1, within: spread[0] <= all && all <= spread[1], reach: spread[1] / bytes };
}

/** Returns a pseudo-random size for a tile, the same at each call. */
const noise = ({ z, x, y }: TileId, seed: number) => seeded(seed + z * 7919 + x * 104_729 + y * 1_299_709)();
const uniform =
  (seed: number): SizeOf =>
  (tile) =>
    Math.round(12_000 * (0.7 + 0.6 * noise(tile, seed)));
/** A town with large tiles and a sea with small ones. */
const town = (seed: number): SizeOf => {
  const random = seeded(seed);
  const [cx, cy, radius] = [0.3 + 0.4 * random(), 0.3 + 0.4 * random(), 0.25 + 0.15 * random()];
  const west = 189 / 360;
  const [north, south] = [mercator(54), mercator(53)];
  return (tile) => {
    const size = 2 ** tile.z;
    const x = ((tile.x + 0.5) / size - west) / (2 / 360);
    const y = ((tile.y + 0.5) / size - north) / (south - north);
    const inside = tile.z < 9 || Math.hypot(x - cx, y - cy) < radius;
    return Math.round(inside ? 40_000 * (0.8 + 0.4 * noise(tile, seed)) : 600);
  };
};
const mercator = (latitude: number) =>
  0.5 - Math.log(Math.tan(Math.PI / 4 + (latitude * Math.PI) / 360)) / (2 * Math.PI);
/** Vector tiles, which are large if they contain a country, and small if they contain a street. */
const vector =
  (seed: number): SizeOf =>
  (tile) =>
    Math.round(180_000 * 0.78 ** tile.z * (0.6 + 0.8 * noise(tile, seed)));

const off = (found: Array<{ signed: number }>) => found.map(({ signed }) => Math.abs(signed)).sort((a, b) => a - b);

describe('the estimate of a region', () => {
  const seeds = Array.from({ length: 20 }, (_, i) => i * 31);
  const compareAll = (of: (seed: number) => SizeOf[]) => {
    const found = seeds.map((seed) => compare(of(seed), [0, 14]));
    expect(Math.max(...found.map(({ asked }) => asked))).toBeLessThanOrEqual(60);
    // The stated range must contain the real size in nine of ten cases.
    expect(found.filter(({ within }) => within).length).toBeGreaterThanOrEqual(16);
    return found;
  };

  it('is within 10 % after 60 requests, for similar tiles and for vector tiles', () => {
    for (const kind of [uniform, vector]) expect(off(compareAll((seed) => [kind(seed)])).at(-1)).toBeLessThan(0.1);
  });

  it('is mostly within 10 % after 60 requests, for a town by the sea, however large and wherever it is', () => {
    const sorted = off(compareAll((seed) => [town(seed)]));
    expect(sorted[10]).toBeLessThan(0.07);
    expect(sorted[14]).toBeLessThan(0.1);
  });

  it('is mostly within 10 % after 60 requests, for all three at once', () => {
    const sorted = off(compareAll((seed) => [uniform(seed), town(seed), vector(seed)]));
    expect(sorted[10]).toBeLessThan(0.07);
    expect(sorted[13]).toBeLessThan(0.1);
  });

  it('is not biased', () => {
    for (const kind of [uniform, vector, town]) {
      const found = seeds.map((seed) => compare([kind(seed)], [0, 14]).signed);
      expect(Math.abs(found.reduce((sum, one) => sum + one, 0) / found.length)).toBeLessThan(0.03);
    }
  });

  it('states a larger range if a town may have been missed, and never too small a maximum', () => {
    // A town of 1 to 3 % of the width, in a sea: most samples miss it.
    const small = (seed: number): SizeOf => {
      const random = seeded(seed);
      const [cx, cy, radius] = [random(), random(), 0.01 + 0.02 * random()];
      const [north, south] = [mercator(54), mercator(53)];
      return (tile) => {
        const size = 2 ** tile.z;
        const x = ((tile.x + 0.5) / size - 189 / 360) / (2 / 360);
        const y = ((tile.y + 0.5) / size - north) / (south - north);
        return Math.hypot(x - cx, y - cy) < radius ? 30_000 : 600;
      };
    };
    for (const zooms of [
      [0, 14],
      [12, 14],
    ] as const) {
      const found = seeds.map((seed) => compare([small(seed)], [...zooms]));
      expect(found.filter(({ signed }) => signed < -0.05).length).toBeGreaterThan(5);
      expect(found.filter(({ within }) => within).length).toBeGreaterThanOrEqual(18);
    }
    // If tiles are similar, the unseen part adds little.
    expect(compare([uniform(3)], [0, 14]).reach).toBeLessThan(1.5);
  });

  it('is exact if all tiles are requested', () => {
    expect(compare([uniform(1)], [4, 8]).signed).toBe(0);
  });
});

it('positions on the curve and tiles map to each other', () => {
  for (const z of [0, 1, 2, 5, 14, 22])
    for (let i = 0; i < 50; i += 1) {
      const tile = { z, x: Math.floor(((i * 0.618) % 1) * 2 ** z), y: Math.floor(((i * 0.445) % 1) * 2 ** z) };
      expect(hilbertTile(z, hilbertId(tile))).toEqual(tile);
    }
});
