import { describe, expect, it } from 'vitest';
import { checkSamples } from '../../../server/layers/samples';
import type { EdgeLayer } from '../../../server/layers/edge-layer';
import { planPublication, sampleTiles } from '../../../server/publish/plan';
import { parsePublication } from '../../../server/publish/publication';
import { createTileList } from '../../../server/tiles/encode-tiles';
import { changesOf, manifestOf } from '../../../server/versions/manifest-of';
import { EMPTY_STATE, layerState, type OriginState } from '../../../server/versions/state';
import { announce, reannounce } from '../../../server/versions/transitions';
import { parseManifest } from '../../../src/shared/parse-manifest';
import { rangeHolds } from '../../../src/shared/range';
import { decodeTiles, setHolds } from '../../../src/shared/tile-set';
import type { TileId } from '../../../src/shared/tile';
import { publishRequest, recordingPurger, reportOf, request, testOrigin, TOKEN } from '../helpers';

const NYC = { z: 14, x: 4823, y: 6160 };
const TOKYO = { z: 14, x: 14552, y: 6451 };
const line = ({ z, x, y }: TileId) => `${z}/${x}/${y}`;
const TILES = 'https://cdn.test/roads/{z}/{x}/{y}.pbf';
const parse = (fields: object) => parsePublication({ layer: 'roads', ...fields });
const plan = (fields: object, edge: EdgeLayer = { template: TILES }, versions = ['v2'], max = 1000) =>
  planPublication(parse(fields), edge, versions, max);
const holds = (text: string | undefined, tile: TileId) =>
  setHolds(decodeTiles(text ?? '', 'tiles', 'INVALID_MANIFEST'), tile);
function packed(...tiles: TileId[]): string {
  const list = createTileList();
  for (const tile of tiles) list.add(tile);
  return list.pack();
}

describe('a publication that names tiles', () => {
  it('accepts the lines of an expire list, or its packed form', () => {
    const lines = parse({ tiles: [line(NYC), line(TOKYO)] });
    expect(lines.tiles).toBe(packed(NYC, TOKYO));
    expect(parse({ tiles: lines.tiles })).toEqual(lines);
    expect(lines).toMatchObject({ zooms: [14, 14], boxes: [expect.any(Array), expect.any(Array)] });
    expect(parse({ tiles: [line(NYC)] }).bbox).toHaveLength(4);
  });

  it('has boxes around every tile, for clients without support for lists', () => {
    const tiles = [NYC, TOKYO, { z: 3, x: 0, y: 7 }, { z: 26, x: 5, y: 2 ** 26 - 1 }];
    const { boxes = [], zooms } = parse({ tiles: tiles.map(line) });
    for (const tile of tiles)
      expect(boxes.some((bbox) => rangeHolds({ bbox, zooms: zooms!, buffer: 0 }, tile))).toBe(true);
  });

  it.each([
    [{ tiles: 5 }, 'tiles'],
    [{ tiles: [] }, 'tiles'],
    [{ tiles: '' }, 'tiles'],
    [{ tiles: 'AQ' }, 'tiles'],
    [{ tiles: 'nonsense' }, 'tiles'],
    [{ tiles: 'A'.repeat(200_001) }, 'tiles'],
    [{ tiles: ['1/2/0'] }, 'tiles[0]'],
    [{ tiles: ['0/0/0', '27/0/0'] }, 'tiles[1]'],
    [{ tiles: [{ z: 1, x: 0, y: 0 }] }, 'tiles[0]'],
    [{ tiles: [line(NYC)], bbox: [0, 0, 1, 1] }, 'bbox'],
    [{ tiles: [line(NYC)], boxes: [[0, 0, 1, 1]] }, 'boxes'],
    [{ tiles: [line(NYC)], zooms: [0, 14] }, 'zooms'],
    [{ tiles: [line(NYC)], scope: 'metadata' }, 'tiles'],
    [{ tiles: [line(NYC)], retired: true }, 'tiles'],
  ])('refuses %j, naming %s', (fields, field) => {
    expect(() => parse(fields)).toThrow(expect.objectContaining({ code: 'INVALID_MESSAGE', field }));
  });

  it('refuses a sample outside the list, and a list for another grid', () => {
    expect(() => checkSamples(parse({ tiles: [line(NYC)], samples: [NYC] }), undefined)).not.toThrow();
    const beside = { ...NYC, x: NYC.x + 1 };
    expect(() => checkSamples(parse({ tiles: [line(NYC)], samples: [beside] }), undefined)).toThrow('of the list');
    expect(() => checkSamples(parse({ tiles: [line(NYC)] }), { crs: 'EPSG:4326' })).toThrow('EPSG:4326');
  });

  it('purges the URLs of exactly these tiles, or the tag if there are too many', () => {
    const tiles = { tiles: [line(NYC), line(TOKYO)] };
    expect(plan(tiles).urls!.sort()).toEqual(
      [NYC, TOKYO]
        .map((tile) => `https://cdn.test/roads/${line(tile)}.pbf`)
        .flatMap((url) => [url, `${url}?v=v2`])
        .sort(),
    );
    expect(plan(tiles, { template: TILES }, ['v2'], 3)).toMatchObject({ byTag: 'it touches more than 3 URLs' });
    expect(plan(tiles, { template: TILES, zooms: [0, 12] })).toMatchObject({ byTag: 'none of its zooms exists' });
    // Beyond the usual zooms as well: the list says which tiles exist.
    expect(plan({ tiles: ['17/1/1'] }).urls).toHaveLength(2);
    const metadata = ['https://cdn.test/roads.json'];
    expect(plan(tiles, { template: TILES, metadata }).urls).toContain(metadata[0]);
  });

  it('is verified at changed tiles', () => {
    const edge = { template: TILES };
    const tiles = [NYC, TOKYO, { z: 9, x: 1, y: 1 }];
    const samples = sampleTiles(plan({ tiles: tiles.map(line) }), edge, 3);
    expect(samples.map(line).sort()).toEqual(tiles.map(line).sort());
    expect(sampleTiles(plan({ tiles: tiles.map(line) }), { ...edge, zooms: [0, 12] }, 3).map(line)).toEqual(['9/1/1']);
  });

  it('reaches the edge and the manifest', async () => {
    const { purger, asked: purges } = recordingPurger();
    const { origin } = testOrigin({
      layers: { roads: { version: 'v1', edge: { template: `${TILES}?v={version}` } } },
      publish: { token: TOKEN, purgers: [purger] },
    });
    const body = { layer: 'roads', version: 'v2', tiles: [line(NYC), line(TOKYO)] };
    const report = await reportOf(origin.fetch(publishRequest(body)));
    expect(report).toMatchObject({ ok: true, plan: 'bbox' });
    expect(report.steps[0]!.detail).toBe('the tiles of a list, 4 URLs');
    expect(JSON.stringify(purges)).toContain(`${line(TOKYO)}.pbf?v=v1`);
    const entry = await (await origin.fetch(request('/api/tile-version/roads'))).json();
    expect(entry.changes).toMatchObject([
      { from: 'v1', zooms: [14, 14], tiles: packed(NYC, TOKYO) },
      { from: 'v1', zooms: [14, 14], tiles: '' },
    ]);
    // Another list is another publication; the same list is a repetition.
    expect(await reportOf(origin.fetch(publishRequest(body)))).toMatchObject({ applied: false });
    const other = { ...body, tiles: [line(NYC)] };
    expect(await reportOf(origin.fetch(publishRequest(other)))).toMatchObject({ applied: true });
  });
});

describe('lists in the manifest', () => {
  const publish = (state: OriginState, version: string, fields: object | undefined, layer = 'roads') => {
    const { range, boxes, list } = fields ? plan(fields, { template: TILES }) : {};
    return announce(
      state,
      {
        layer,
        version,
        purged: true,
        ...(range && { range }),
        ...(boxes && { boxes }),
        ...(list !== undefined && { tiles: list }),
      },
      1_767_225_600_000,
    );
  };
  const changes = (state: OriginState, from: string, layer = 'roads') =>
    changesOf(layerState(state, layer)!).filter((change) => change.from === from);

  it('give a client that is several versions behind all lists, one per version', () => {
    let state = publish(EMPTY_STATE, 'v0', undefined);
    for (let i = 1; i <= 15; i++)
      state = publish(state, `v${i}`, { tiles: [line({ ...NYC, x: i }), line({ ...TOKYO, x: 9000 + i })] });
    for (const [from, behind] of [
      ['v14', 1],
      ['v13', 2],
      ['v8', 7],
    ] as const) {
      const told = changes(state, from);
      const named = (x: number) => told.some(({ tiles }) => holds(tiles, { ...NYC, x }));
      for (let i = 1; i <= 15; i++) expect([from, i, named(i)]).toEqual([from, i, i > 15 - behind]);
      expect(told.every(({ tiles }) => tiles !== undefined)).toBe(true);
    }
    expect(parseManifest(manifestOf(state)).layers['roads']?.changes?.length).toBeLessThanOrEqual(64);
  });

  it('coexist with boxes of other publications', () => {
    let state = publish(EMPTY_STATE, 'v0', undefined);
    state = publish(state, 'v1', { bbox: [1, 1, 2, 2] });
    state = publish(state, 'v2', { tiles: [line(NYC)] });
    expect(changes(state, 'v0')).toEqual([
      { from: 'v0', bbox: [1, 1, 2, 2] },
      { from: 'v0', bbox: expect.any(Array), zooms: [14, 14], tiles: packed(NYC) },
    ]);
    state = publish(state, 'v3', undefined);
    expect(changesOf(layerState(state, 'roads')!)).toEqual([]);
  });

  it('are announced again after the repair of an edge', () => {
    let state = publish(publish(EMPTY_STATE, 'v0', undefined), 'v1', { tiles: [line(NYC)] });
    state = reannounce(state, 'roads', layerState(state, 'roads')!.steps.at(-1)!, 1_767_225_700_000)!;
    expect(changes(state, 'v1')).toMatchObject([{ tiles: packed(NYC) }]);
  });

  it('may be 20,000 lines of the longest numbers, as the documentation promises', async () => {
    const tiles = Array.from(
      { length: 20_000 },
      (_, i) => `26/${67_108_000 + (i % 100)}/${67_108_000 + ((i / 100) | 0)}`,
    );
    const { origin } = testOrigin();
    const report = await reportOf(origin.fetch(publishRequest({ layer: 'roads', version: 'v1', tiles })));
    expect(report).toMatchObject({ ok: true, plan: 'bbox' });
  });

  it('leave room for the rest if long: older ones become the boxes around them', () => {
    // Scattered tiles need more bytes and fill the room.
    const scattered = (seed: number) => {
      const list = createTileList();
      for (let i = 0; i < 12_000; i++)
        list.add({ z: 16, x: (i * 7919 + seed) % 65_536, y: (i * 104_729 + seed) % 65_536 });
      return list.pack();
    };
    let state = publish(EMPTY_STATE, 'v0', undefined);
    state = publish(state, 'v0', undefined, 'other');
    for (let i = 1; i <= 5; i++) state = publish(state, `v${i}`, { tiles: scattered(i) });
    state = publish(state, 'v1', { tiles: scattered(9) }, 'other');
    const text = JSON.stringify(manifestOf(state));
    expect(text.length).toBeLessThanOrEqual(262_144);
    const { layers } = parseManifest(JSON.parse(text));
    expect(layers['other']?.changes?.[0]?.tiles).toBe(scattered(9));
    const roads = layers['roads']!.changes!;
    for (const change of roads) expect(change).toMatchObject({ bbox: expect.any(Array), zooms: [16, 16] });
    // A list without room is absent, not empty: an empty one would mean that nothing changed.
    for (const from of ['v0', 'v1', 'v2', 'v3', 'v4']) {
      const own = roads.filter((change) => change.from === from);
      expect(own.length === 0 || own.some(({ tiles }) => tiles !== '')).toBe(true);
    }
    // The store stays one small document.
    expect(JSON.stringify(state).length).toBeLessThan(280_000);
  });
});
