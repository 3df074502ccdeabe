import { describe, expect, it } from 'vitest';
import type { RegionEstimate } from '../../../src/shared/regions';
import { createRegionWorld, urlsOf } from './world';

const BOUNDS: [number, number, number, number] = [9, 53, 11, 54];
const ZOOMS: [number, number] = [0, 12];
/** Bytes of a tile of each kind. */
const KINDS: Record<string, (z: number, x: number, y: number) => number> = {
  even: (_, x, y) => 12_000 + ((x * 7919 + y * 104_729) % 5000),
  // A town with large tiles, by a sea with small ones.
  coast: (z, x, y) => (z < 8 || Math.hypot(x / 2 ** z - 0.527, 0.6 * (y / 2 ** z - 0.322)) < 0.0017 ? 30_000 : 700),
  vector: (z, x, y) => Math.round(160_000 * 0.8 ** z * (0.7 + (((x * 31 + y * 17) % 100) / 100) * 0.6)),
};

const layersOf = (world = createRegionWorld({ layers: { even: {}, coast: {}, vector: {} } })) => {
  world.content = (path) => {
    const [, , layer, z, x, y] = path.split('/');
    return path.padEnd(KINDS[layer!]!(Number(z), Number(x), Number(y)), 'x');
  };
  return world;
};
const spec = (...layers: string[]) => ({
  id: 'some',
  layers: layers.map((layer) => ({ layer, template: `/tiles/${layer}/{z}/{x}/{y}` })),
  bounds: BOUNDS,
  zooms: ZOOMS,
});
const bytesOf = (layer: string) =>
  urlsOf(spec(layer), layer).reduce((sum, url) => {
    const [, , , z, x, y] = url.split('/').map(Number);
    return sum + KINDS[layer]!(z!, x!, y!);
  }, 0);

describe('the estimate of a region', () => {
  it.each(Object.keys(KINDS))('is within 10 % for the layer %s, with at most 60 requests', async (layer) => {
    const world = layersOf();
    const told = await world.ask<RegionEstimate>({ action: 'estimate', spec: spec(layer) });
    expect(told.tiles).toBe(urlsOf(spec(layer), layer).length);
    expect(world.asked.length).toBe(told.sampled);
    expect(told.sampled).toBeLessThanOrEqual(60);
    expect(Math.abs(told.bytes! / bytesOf(layer) - 1)).toBeLessThan(0.1);
  });

  it('is within 10 % for all three layers together', async () => {
    const world = layersOf();
    const told = await world.ask<RegionEstimate>({ action: 'estimate', spec: spec(...Object.keys(KINDS)) });
    const all = Object.keys(KINDS).reduce((sum, layer) => sum + bytesOf(layer), 0);
    expect(world.asked.length).toBeLessThanOrEqual(60);
    expect(Math.abs(told.bytes! / all - 1)).toBeLessThan(0.1);
  });

  it('is refused for more tiles than the limit, with both numbers and without a request', async () => {
    const world = layersOf();
    const asked = world.ask({ action: 'save', spec: { ...spec('even'), zooms: [0, 19] } });
    await expect(asked).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      field: 'zooms',
      message: expect.stringMatching(/1000000 tiles \(\d{7,} or more\)/),
    });
    expect(world.asked).toEqual([]);
    expect(await world.ask({ action: 'list' })).toEqual([]);
  });
});
