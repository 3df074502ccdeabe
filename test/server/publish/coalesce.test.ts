import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCoalescer, MAX_BOXES, parseTileLine } from '../../../server/publish/coalesce';
import { parsePublication } from '../../../server/publish/publication';
import { planPublication } from '../../../server/publish/plan';
import { parseManifest } from '../../../src/shared/parse-manifest';
import { rangeHolds } from '../../../src/shared/range';
import type { TileId } from '../../../src/shared/tile';
import { publishRequest, reportOf, request, testOrigin } from '../helpers';

const coalesce = (tiles: Iterable<TileId>) => {
  const coalescer = createCoalescer();
  for (const tile of tiles) coalescer.add(tile);
  return coalescer.result()!;
};
const holds = ({ boxes, zooms }: ReturnType<typeof coalesce>, tile: TileId) =>
  boxes.some((bbox) => rangeHolds({ bbox, zooms, buffer: 0 }, tile));

const tile = fc.integer({ min: 0, max: 22 }).chain((z) =>
  fc.record({
    z: fc.constant(z),
    x: fc.integer({ min: 0, max: 2 ** z - 1 }),
    y: fc.integer({ min: 0, max: 2 ** z - 1 }),
  }),
);

describe('a list of tiles that changed', () => {
  it('becomes a few boxes that cover all of its tiles and that every client accepts', () => {
    fc.assert(
      fc.property(fc.array(tile, { minLength: 1, maxLength: 400 }), (tiles) => {
        const found = coalesce(tiles);
        expect(found.boxes.length).toBeLessThanOrEqual(MAX_BOXES);
        for (const each of tiles) expect(holds(found, each)).toBe(true);
        parsePublication({ layer: 'a', ...found });
      }),
      { numRuns: 60 },
    );
  });

  it('covers no unchanged neighbour if few boxes suffice', () => {
    const [a, b] = [
      { z: 14, x: 8800, y: 5373 },
      { z: 14, x: 2000, y: 9000 },
    ];
    const found = coalesce([a, b, a]);
    expect([found.boxes.length, found.zooms]).toEqual([2, [14, 14]]);
    for (const each of [a, b])
      for (const [dx, dy] of [
        [1, 0],
        [-1, 0],
        [0, 1],
        [0, -1],
      ] as const)
        expect(holds(found, { ...each, x: each.x + dx, y: each.y + dy })).toBe(false);
    // A block of tiles becomes one box.
    const block = Array.from({ length: 64 }, (_, i) => ({ z: 12, x: 100 + (i % 8), y: 200 + (i >> 3) }));
    expect(coalesce(block).boxes).toHaveLength(1);
  });

  it('may have a hundred thousand lines', () => {
    function* many() {
      for (let i = 0; i < 100_000; i++) yield { z: 16, x: 33_000 + (i % 300), y: 22_000 + Math.floor(i / 300) };
      yield { z: 16, x: 5, y: 5 };
    }
    const found = coalesce(many());
    expect(found.boxes.length).toBeLessThanOrEqual(MAX_BOXES);
    expect([holds(found, { z: 16, x: 5, y: 5 }), holds(found, { z: 16, x: 33_299, y: 22_332 })]).toEqual([true, true]);
    // The tiles between the two do not count as changed.
    expect(holds(found, { z: 16, x: 15_000, y: 10_000 })).toBe(false);
  });

  it.each(['14/8800', '14/8800/x', '31/0/0', '1/2/0', '-1/0/0', '1/0/0 # comment', '1.5/0/0', ''])(
    'refuses the line %j',
    (line) => expect(parseTileLine(line)).toBeUndefined(),
  );

  it('ignores blanks around a line', () => {
    expect(parseTileLine(' 14/8800/5373\r')).toEqual({ z: 14, x: 8800, y: 5373 });
  });
});

describe('a publication of several boxes', () => {
  const boxes = [
    [10, 10, 11, 11],
    [100, 10, 101, 11],
  ];

  it('reaches clients box by box, also those several versions behind, and again after a repair', async () => {
    let fails = true;
    const { origin } = testOrigin({
      layers: { roads: { version: 'v1' } },
      publish: {
        token: 'a-token-for-tests-only',
        purgers: [
          {
            name: 'cdn',
            purge: () => (fails ? Promise.reject(new Error('away')) : Promise.resolve({ requests: 1, retries: 0 })),
          },
        ],
      },
    });
    const manifest = async () => {
      const answer: unknown = await (await origin.fetch(request('/api/tile-version'))).json();
      return parseManifest(answer).layers.roads!.changes;
    };
    const publication = { layer: 'roads', version: 'v2', boxes, zooms: [3, 9], id: 'one' };
    const report = await reportOf(origin.fetch(publishRequest(publication)));
    expect([report.plan, report.steps[0]!.detail]).toEqual(['bbox', '2 parts of the layer']);
    const told = (from: string) => boxes.map((bbox) => ({ from, bbox, zooms: [3, 9] }));
    expect(await manifest()).toEqual(told('v1'));
    fails = false;
    // After the repair, clients that heard too early drop just these boxes once more.
    expect((await reportOf(origin.fetch(publishRequest(publication)))).ok).toBe(true);
    expect(await manifest()).toEqual([...told('v2'), ...told('v1')]);
    await origin.fetch(publishRequest({ layer: 'roads', version: 'v3', bbox: [0, 0, 1, 1] }));
    expect((await manifest())!.filter(({ from }) => from === 'v1')).toEqual([
      ...told('v1'),
      { from: 'v1', bbox: [0, 0, 1, 1] },
    ]);
  });

  it('is purged for each box, and for nothing in between', () => {
    const { urls } = planPublication(
      parsePublication({ layer: 'roads', boxes, zooms: [6, 6] }),
      { template: 'https://cdn.test/{z}/{x}/{y}?v={version}', zooms: [0, 6] },
      ['v2'],
      1000,
    );
    expect(urls).toContain('https://cdn.test/6/33/29?v=v2');
    expect(urls).toContain('https://cdn.test/6/50/30?v=v2');
    expect(urls!.some((url) => url.includes('/6/42/'))).toBe(false);
    expect(new Set(urls).size).toBe(urls!.length);
  });

  it.each<[string, object]>([
    ['none', { boxes: [] }],
    ['17', { boxes: Array.from({ length: 17 }, () => [0, 0, 1, 1]) }],
    ['no box', { boxes: [[0, 0, 1]] }],
    ['NaN', { boxes: [[0, 0, null, 1]] }],
    ['a bbox as well', { boxes, bbox: [0, 0, 1, 1] }],
    ['a retirement as well', { boxes, retired: true, version: undefined }],
  ])('is refused with %s', async (_, fields) => {
    const { origin } = testOrigin();
    const response = await origin.fetch(publishRequest({ layer: 'roads', version: 'v2', ...fields }));
    expect([response.status, (await response.json()).error.field]).toEqual([400, expect.stringMatching(/^boxes/)]);
  });
});
