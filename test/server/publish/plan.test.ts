import { describe, expect, it } from 'vitest';
import type { EdgeLayer } from '../../../server/layers/edge-layer';
import { planPublication, sampleTiles } from '../../../server/publish/plan';
import { parsePublication } from '../../../server/publish/publication';

const TILES = 'https://cdn.test/roads/{z}/{x}/{y}.pbf';
const bbox = [1, 1, 1.001, 1.001];
const plan = (fields: object, edge: EdgeLayer = { template: TILES }, versions = ['v2', 'v1'], max = 1000) =>
  planPublication(parsePublication({ layer: 'roads', ...fields }), edge, versions, max);

describe('what a publication purges', () => {
  it('is the tag if none of its zooms exist', () => {
    for (const metadata of [[], ['https://cdn.test/roads.json']]) {
      const { tags, urls } = plan({ bbox, zooms: [5, 6] }, { template: TILES, zooms: [0, 4], metadata });
      expect([tags, urls]).toEqual([['layer:roads'], undefined]);
    }
  });

  it('is the tag if it goes beyond the usual zooms and the existing zooms are unknown', () => {
    expect(plan({ bbox, zooms: [14, 16] }).urls).toBeUndefined();
    expect(plan({ bbox, zooms: [13, 14] }).urls?.length).toBeGreaterThan(0);
    expect(plan({ bbox, zooms: [16, 16] }, { template: TILES, zooms: [0, 16] }).urls?.length).toBeGreaterThan(0);
  });

  it('includes the TileJSON that names the old version, with a box and alone', () => {
    const edge = {
      template: `${TILES}?v={version}`,
      zooms: [0, 0] as const,
      metadata: ['https://cdn.test/roads.json', 'https://cdn.test/style.json?v={version}'],
    };
    const metadata = [
      'https://cdn.test/roads.json',
      'https://cdn.test/style.json?v=v2',
      'https://cdn.test/style.json?v=v1',
    ];
    expect(plan({ bbox }, edge).urls).toEqual([
      'https://cdn.test/roads/0/0/0.pbf?v=v2',
      'https://cdn.test/roads/0/0/0.pbf?v=v1',
      ...metadata,
    ]);
    expect(plan({ bbox, scope: 'tiles' }, edge).urls).toHaveLength(2);
    expect(plan({ scope: 'metadata' }, edge)).toMatchObject({ tags: ['metadata:roads'], urls: metadata });
    expect(plan({ bbox }, edge, ['v2', 'v1'], 4).urls).toBeUndefined();
    expect(plan({ scope: 'metadata', tags: ['region:nyc'] }, edge)).not.toHaveProperty('urls');
    expect(plan({ scope: 'metadata' })).not.toHaveProperty('urls');
  });
});

describe('samples', () => {
  const zooms = (fields: object, edge: EdgeLayer, count = 3) =>
    sampleTiles(plan(fields, edge), edge, count).map(({ z }) => z);

  it.each<[object, EdgeLayer, number[]]>([
    [{}, { template: TILES }, [0, 7, 14]],
    [{}, { template: TILES, zooms: [4, 5] }, [4, 5]],
    [{ zooms: [2, 20] }, { template: TILES, zooms: [4, 8] }, [4, 6, 8]],
    [{ zooms: [15, 17] }, { template: TILES }, [15, 16, 17]],
    [{ zooms: [9, 10] }, { template: TILES, zooms: [4, 8] }, []],
  ])('of %j at %j', (fields, edge, expected) => expect(zooms(fields, edge)).toEqual(expected));
});
