import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mercatorBox } from '../../../src/shared/mercator-box';
import { quadkey } from '../../../src/shared/quadkey';
import { resolveLayer } from '../../../src/shared/resolve-layer';
import { createTileMatcher } from '../../../src/shared/tile-matcher';
import { ancestorOf, cutOf, urlOf } from '../../../sw/placeholders/ancestor';

const anyTile = fc
  .integer({ min: 1, max: 20 })
  .chain((z) => fc.record({ z: fc.constant(z), x: fc.nat(2 ** z - 1), y: fc.nat(2 ** z - 1) }));

describe('ancestorOf', () => {
  it('goes up at most to zoom 0', () => {
    expect(ancestorOf({ z: 3, x: 5, y: 6 }, 1)).toEqual({ z: 2, x: 2, y: 3 });
    expect(ancestorOf({ z: 3, x: 5, y: 6 }, 3)).toEqual({ z: 0, x: 0, y: 0 });
    expect(ancestorOf({ z: 3, x: 5, y: 6 }, 4)).toBeUndefined();
  });
});

describe('cutOf', () => {
  it('is a quarter of the parent', () => {
    expect(cutOf({ z: 3, x: 5, y: 6 }, { z: 2, x: 2, y: 3 })).toEqual({ left: 0.5, top: 0, size: 0.5 });
  });

  it('lies within the ancestor, and ends where its neighbour begins', () => {
    fc.assert(
      fc.property(anyTile, fc.integer({ min: 1, max: 6 }), (tile, up) => {
        const ancestor = ancestorOf(tile, up);
        fc.pre(!!ancestor);
        const { left, top, size } = cutOf(tile, ancestor!);
        expect(Math.min(left, top)).toBeGreaterThanOrEqual(0);
        expect(Math.max(left, top) + size).toBeLessThanOrEqual(1);
        expect(Number.isInteger(left / size) && Number.isInteger(top / size)).toBe(true);
      }),
    );
  });
});

describe('urlOf', () => {
  const templates: Record<string, [string, (t: { z: number; x: number; y: number }) => string, 'xyz' | 'tms']> = {
    path: ['/tiles/path/{z}/{x}/{y}.png', (t) => `https://map.example/tiles/path/${t.z}/${t.x}/${t.y}.png?v=3`, 'xyz'],
    swapped: ['/2024/{z}/{y}/{x}.jpg', (t) => `https://map.example/2024/${t.z}/${t.y}/${t.x}.jpg`, 'xyz'],
    query: [
      '/wmts?layer=3&z={z}&x={x}&y={y}',
      (t) => `https://map.example/wmts?layer=3&y=${t.y}&z=${t.z}&x=${t.x}`,
      'xyz',
    ],
    tms: [
      'https://{s}.tiles.example:8443/t/{z}/{x}/{y}{r}.webp',
      (t) => `https://b.tiles.example:8443/t/${t.z}/${t.x}/${2 ** t.z - 1 - t.y}@2x.webp`,
      'tms',
    ],
    'from the south': [
      '/south/{z}/{x}/{-y}.png',
      (t) => `https://map.example/south/${t.z}/${t.x}/${2 ** t.z - 1 - t.y}.png`,
      'xyz',
    ],
    quadkey: ['/quad/{quadkey}.jpg?g=14000', (t) => `https://map.example/quad/${quadkey(t)}.jpg?g=14000`, 'xyz'],
    box: [
      '/wms?*',
      (t) =>
        `https://map.example/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=a&CRS=EPSG:3857&WIDTH=256&HEIGHT=256&BBOX=${mercatorBox(t)}`,
      'xyz',
    ],
  };
  const layers = Object.entries(templates).map(([name, [template, , scheme]]) =>
    resolveLayer(name, { template, scheme }),
  );
  const match = createTileMatcher({ layers, origin: 'https://map.example' });

  it.each(Object.keys(templates))('finds the ancestor’s URL: %s', (name) => {
    const make = templates[name]![1];
    const layer = layers.find((one) => one.name === name)!;
    fc.assert(
      fc.property(anyTile, fc.integer({ min: 1, max: 4 }), (tile, up) => {
        const ancestor = ancestorOf(tile, up);
        fc.pre(!!ancestor && [tile, ancestor].every((one) => match(make(one)) !== undefined));
        const url = urlOf(make(tile), tile, ancestor!, layer, match);
        expect(url && match(url)).toMatchObject({ layer: { name }, tile: ancestor });
        expect(match(url!)!.key).toBe(match(make(ancestor!))!.key);
      }),
    );
  });

  it('returns nothing for an ambiguous URL of numbers', () => {
    const url = `https://map.example/tiles/path/${'1/'.repeat(40)}1.png`;
    expect(urlOf(url, { z: 1, x: 1, y: 1 }, { z: 0, x: 0, y: 0 }, layers[0]!, match)).toBeUndefined();
  });
});
