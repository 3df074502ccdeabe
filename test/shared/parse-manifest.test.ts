import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { parseManifest } from '../../src/shared/parse-manifest';
import { boxes, layerNames, versions, zoomRanges } from './arbitraries';

const changes = fc.array(
  fc.record(
    { from: versions, bbox: boxes, zooms: zoomRanges(30), scope: fc.constantFrom('tiles', 'metadata') },
    { requiredKeys: ['from'] },
  ),
  { maxLength: 4 },
);
const entries = fc.record({ version: versions, revision: fc.maxSafeNat(), changes }, { requiredKeys: ['version'] });

describe('parseManifest', () => {
  it('accepts one version for all layers', () => {
    expect(parseManifest({ version: '3f2a9c1b' })).toEqual({ all: { version: '3f2a9c1b' }, layers: {} });
  });

  it('accepts a version per layer, and both at once', () => {
    expect(parseManifest({ layers: { flood_zones: { version: '3f2a9c1b' } } })).toEqual({
      layers: { flood_zones: { version: '3f2a9c1b' } },
    });
    expect(parseManifest({ version: 'a', revision: 4, layers: { roads: { version: 'b' } } })).toEqual({
      all: { version: 'a', revision: 4 },
      layers: { roads: { version: 'b' } },
    });
    expect(parseManifest({ layers: {} })).toEqual({ layers: {} });
  });

  it('keeps all known members of any valid manifest', () => {
    fc.assert(
      fc.property(
        fc.option(entries, { nil: undefined }),
        fc.dictionary(layerNames, entries, { noNullPrototype: true }),
        (all, layers) => {
          const result = parseManifest(JSON.parse(JSON.stringify({ ...all, layers })));
          expect(JSON.parse(JSON.stringify(result))).toEqual(
            JSON.parse(JSON.stringify({ ...(all && { all }), layers })),
          );
        },
      ),
    );
  });

  it('ignores unknown members', () => {
    expect(
      parseManifest({
        version: 'a',
        published: 5,
        changes: [{ from: 'z', polygon: [] }],
        layers: { roads: { version: 'b', author: 'x' } },
        more: {},
      }),
    ).toEqual({ all: { version: 'a', changes: [{ from: 'z' }] }, layers: { roads: { version: 'b' } } });
  });

  it('accepts any layer name as a plain name', () => {
    const { layers } = parseManifest(
      JSON.parse('{"layers":{"__proto__":{"version":"evil"},"constructor":{"version":"c"}}}'),
    );
    expect(Object.keys(layers).sort()).toEqual(['__proto__', 'constructor']);
    expect(layers['roads']).toBeUndefined();
    expect(layers['toString']).toBeUndefined();
    expect(({} as { version?: string }).version).toBeUndefined();
  });

  it('accepts at most 1,000 layers and 64 changes', () => {
    const layers = (count: number) => ({
      layers: Object.fromEntries(Array.from({ length: count }, (_, i) => [`l${i}`, { version: 'a' }])),
    });
    const many = (count: number) => ({ version: 'a', changes: Array.from({ length: count }, () => ({ from: 'b' })) });
    expect(Object.keys(parseManifest(layers(1000)).layers)).toHaveLength(1000);
    expect(parseManifest(many(64)).all?.changes).toHaveLength(64);
    expect(() => parseManifest(layers(1001))).toThrow(
      expect.objectContaining({ code: 'INVALID_MANIFEST', field: 'layers' }),
    );
    expect(() => parseManifest(many(65))).toThrow(
      expect.objectContaining({ code: 'INVALID_MANIFEST', field: 'changes' }),
    );
  });

  test.each<[string, unknown]>([
    ['manifest', null],
    ['manifest', []],
    ['manifest', '<html>'],
    ['version', {}],
    ['version', { version: 5 }],
    ['version', { version: null, layers: null }],
    ['revision', { version: 'a', revision: '5' }],
    ['revision', { version: 'a', revision: 1.5 }],
    ['layers', { layers: [] }],
    ['layers', { layers: 5 }],
    ['layers.', { layers: { '': { version: 'a' } } }],
    ['layers.roads', { layers: { roads: 'a' } }],
    ['layers.roads.version', { layers: { roads: {} } }],
    ['layers.roads.version', { layers: { roads: { version: 'a b' } } }],
    ['layers.roads.changes', { layers: { roads: { version: 'a', changes: {} } } }],
    ['layers.roads.changes[1].from', { layers: { roads: { version: 'a', changes: [{ from: 'b' }, {}] } } }],
    [
      'layers.roads.changes[0].bbox[1]',
      { layers: { roads: { version: 'a', changes: [{ from: 'b', bbox: [0, 5, 1, 4] }] } } },
    ],
    ['changes[0].zooms[1]', { version: 'a', changes: [{ from: 'b', zooms: [0, 99] }] }],
    ['changes[0].scope', { version: 'a', changes: [{ from: 'b', scope: 'all' }] }],
    ['changes[0]', { version: 'a', changes: ['b'] }],
  ])('names %s', (field, value) => {
    expect(() => parseManifest(value)).toThrow(
      expect.objectContaining({ code: 'INVALID_MANIFEST', field, remedy: expect.any(String) }),
    );
  });

  it('returns a manifest or throws INVALID_MANIFEST, whatever the input', () => {
    const near = fc.record(
      { version: fc.oneof(versions, fc.anything()), layers: fc.anything(), changes: fc.anything() },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          near,
          fc.json().map((text) => JSON.parse(text) as unknown),
        ),
        (value) => {
          try {
            expect(parseManifest(value).layers).toBeDefined();
          } catch (error) {
            expect(error).toMatchObject({ code: 'INVALID_MANIFEST' });
          }
        },
      ),
    );
  });
});

it('treats null as an absent member, as other languages write it', () => {
  const change = { from: '1', bbox: [0, 0, 1, 1], zooms: null, tiles: null, scope: null };
  const roads = { version: '2', revision: null, epoch: null, changes: [change] };
  const water = { version: '1', revision: 3, changes: null };
  expect(parseManifest({ layers: { roads, water } }).layers).toEqual({
    roads: { version: '2', changes: [{ from: '1', bbox: [0, 0, 1, 1] }] },
    water: { version: '1', revision: 3 },
  });
  const sea = { version: '4' };
  expect(parseManifest({ version: null, epoch: null, layers: { sea } }).layers).toEqual({ sea });
  expect(parseManifest({ version: '4', layers: null }).all).toEqual(sea);
  for (const broken of [
    { version: null },
    { version: '1', changes: [{ from: null }] },
    { version: '1', changes: [null] },
  ])
    expect(() => parseManifest({ layers: { roads: broken } })).toThrow(/layers\.roads/);
});
