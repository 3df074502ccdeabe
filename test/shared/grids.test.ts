import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { expandTemplate } from '../../src/shared/expand-template';
import type { LayerOptions } from '../../src/shared/layer-options';
import { rangeHolds } from '../../src/shared/range';
import { resolveLayer } from '../../src/shared/resolve-layer';
import { parseTemplate } from '../../src/shared/template';
import type { BBox, TileCrs, TileId } from '../../src/shared/tile';
import { tileBBox } from '../../src/shared/tile-math';
import { createTileMatcher } from '../../src/shared/tile-matcher';
import { tileUrls } from '../../src/shared/tile-urls';
import { boxes, tiles } from './arbitraries';

const origin = 'https://map.test';
const matcher = (options: LayerOptions) =>
  createTileMatcher({ origin, layers: [resolveLayer('base', options)], scope: `${origin}/repo/` });
const at = (options: LayerOptions, url: string) => matcher(options)(new URL(url, origin).href);
const show = (tile: TileId | undefined) => tile && `${tile.z}/${tile.x}/${tile.y}`;

const WMS = '/wms?service=WMS&request=GetMap&layers=topp:states&styles=&format=image/png&width=256&height=256';
const half = Math.PI * 6378137;
const metres = ({ z, x, y }: TileId) => {
  const size = (2 * half) / 2 ** z;
  return [x * size - half, half - (y + 1) * size, (x + 1) * size - half, half - y * size];
};
const degrees = ({ z, x, y }: TileId) => {
  const size = 180 / 2 ** z;
  return [x * size - 180, 90 - (y + 1) * size, (x + 1) * size - 180, 90 - y * size];
};

describe('the tile of a URL', () => {
  const tile = { z: 3, x: 4, y: 2 };
  const [w, s, e, n] = degrees({ z: 2, x: 5, y: 1 });
  test.each<[string, LayerOptions, string, string | undefined]>([
    ['{-y}', { template: '/t/{z}/{x}/{-y}.png' }, '/t/3/4/5.png', '3/4/2'],
    ['{-y} with tms', { template: '/t/{z}/{x}/{-y}.png', scheme: 'tms' }, '/t/3/4/5.png', '3/4/2'],
    ['{quadkey}', { template: '/t/a{quadkey}.jpeg' }, '/t/a120.jpeg', '3/4/2'],
    ['{q}', { template: '/t?q={q}' }, '/t?q=120&n=z', '3/4/2'],
    ['{bbox-epsg-3857}', { template: `${WMS}&bbox={bbox-epsg-3857}` }, `${WMS}&bbox=${metres(tile)}`, '3/4/2'],
    [
      'an escaped box',
      { template: `${WMS}&bbox={bbox-epsg-3857}` },
      `${WMS}&bbox=${metres(tile).join('%2C')}`,
      '3/4/2',
    ],
    ['WMS 1.1.1', { template: '/wms*' }, `${WMS}&version=1.1.1&SRS=EPSG:3857&BBOX=${metres(tile)}`, '3/4/2'],
    ['WMS 1.3.0', { template: '/wms*' }, `${WMS}&VERSION=1.3.0&crs=EPSG%3A3857&bbox=${metres(tile)}`, '3/4/2'],
    ['WMS 1.1.1 in degrees', { template: '/wms*' }, `${WMS}&version=1.1.1&srs=EPSG:4326&bbox=${[w, s, e, n]}`, '2/5/1'],
    ['WMS 1.3.0 in degrees', { template: '/wms*' }, `${WMS}&version=1.3.0&crs=EPSG:4326&bbox=${[s, w, n, e]}`, '2/5/1'],
    ['WMS 1.3.0 in CRS:84', { template: '/wms*' }, `${WMS}&version=1.3.0&crs=CRS:84&bbox=${[w, s, e, n]}`, '2/5/1'],
    [
      'WMS 1.1.1 by SRS, whatever CRS says',
      { template: '/wms*' },
      `${WMS}&version=1.1.1&srs=EPSG:4326&crs=EPSG:3857&bbox=${[w, s, e, n]}`,
      '2/5/1',
    ],
    [
      'WMS 1.3.0 by CRS, whatever SRS says',
      { template: '/wms*' },
      `${WMS}&version=1.3.0&srs=EPSG:3857&crs=EPSG:4326&bbox=${[s, w, n, e]}`,
      '2/5/1',
    ],
    ['WMS in another grid', { template: '/wms*' }, `${WMS}&version=1.3.0&crs=EPSG:2056&bbox=1,2,3,4`, undefined],
    [
      'names in any case',
      { template: '/wms?SERVICE=WMS&LAYERS=topp%3Astates' },
      `${WMS}&srs=EPSG:3857&Bbox=${metres(tile)}`,
      '3/4/2',
    ],
    [
      'WMTS',
      { template: '/wmts*' },
      '/wmts?Request=GetTile&TileMatrixSet=EPSG:900913&TileMatrix=EPSG:900913:3&TileRow=2&TileCol=4',
      '3/4/2',
    ],
    ['WMTS in capitals', { template: '/wmts*' }, '/wmts?REQUEST=GetTile&TILEMATRIX=3&TILEROW=2&TILECOL=4', '3/4/2'],
    [
      'WMTS in degrees',
      { template: '/wmts*' },
      '/wmts?request=GetTile&tilematrixset=EPSG:4326&tilematrix=EPSG:4326:2&tilerow=1&tilecol=7',
      '2/7/1',
    ],
    ...[
      'LAMB93 LAMB93_5cm UTM31WGS84Quad UPSArcticWGS84Quad EuropeanETRS89_LAEAQuad CanadianNAD83_LCC NZTM2000Quad',
      '21781_26 2056_27 25832_adv etrs89_utm32 NLDEPSG:28992:16 SWEREF99 lv95 WorldMercatorWGS84Quad EPSG:2154',
    ]
      .join(' ')
      .split(' ')
      .map((set): [string, LayerOptions, string, undefined] => [
        `WMTS in the grid ${set}`,
        { template: '/wmts*' },
        `/wmts?Request=GetTile&TileMatrixSet=${set}&TileMatrix=3&TileRow=2&TileCol=4`,
        undefined,
      ]),
    ...'PM GLOBAL_MERCATOR google3857 WebMercatorQuad GoogleMapsCompatible_Level9 basemap2024 default028mm GMNG'
      .split(' ')
      .map((set): [string, LayerOptions, string, string] => [
        `WMTS in the grid ${set}`,
        { template: '/wmts*' },
        `/wmts?Request=GetTile&TileMatrixSet=${set}&TileMatrix=3&TileRow=2&TileCol=4`,
        '3/4/2',
      ]),
    ...'03 Level3 Level-3 EPSG:3857:3 grid_03'
      .split(' ')
      .map((matrix): [string, LayerOptions, string, string] => [
        `WMTS, the matrix ${matrix}`,
        { template: '/wmts*' },
        `/wmts?Request=GetTile&TileMatrixSet=EPSG:3857&TileMatrix=${matrix}&TileRow=2&TileCol=4`,
        '3/4/2',
      ]),
    // Scales, a code, a level above the first: none of them identifies a zoom.
    ...'250003 1:25003 272989.3867327703 EPSG:3857 EPSG:3857:-3 -3'
      .split(' ')
      .map((matrix): [string, LayerOptions, string, undefined] => [
        `WMTS, the matrix ${matrix}`,
        { template: '/wmts*' },
        `/wmts?Request=GetTile&TileMatrixSet=EPSG:3857&TileMatrix=${matrix}&TileRow=2&TileCol=4`,
        undefined,
      ]),
    [
      'WMTS, a query at a pixel',
      { template: '/wmts*' },
      '/wmts?request=GetFeatureInfo&tilematrixset=EPSG:3857&tilematrix=3&tilerow=2&tilecol=4&i=1&j=2',
      '3/4/2',
    ],
    [
      'WMS, a query at a pixel',
      { template: '/wms*' },
      `${WMS.replace('GetMap', 'GetFeatureInfo')}&version=1.1.1&srs=EPSG:3857&bbox=${metres(tile)}&x=1&y=2`,
      '3/4/2',
    ],
    [
      "ArcGIS, its system's code in JSON",
      { template: '/export*' },
      `/export?f=image&bbox=${metres(tile)}&size=256,256&bboxSR=${encodeURIComponent('{"wkid":102100,"latestWkid":3857}')}`,
      '3/4/2',
    ],
    [
      'OGC API',
      { template: '/collections/*' },
      `/collections/a/map?crs=http://www.opengis.net/def/crs/OGC/1.3/CRS84&bbox-crs=http://www.opengis.net/def/crs/EPSG/0/3857&bbox=${metres(tile)}`,
      '3/4/2',
    ],
    [
      'OGC API, in degrees',
      { template: '/collections/*' },
      `/collections/a/map?bbox-crs=http://www.opengis.net/def/crs/EPSG/0/4326&bbox=${[s, w, n, e]}&width=256`,
      '2/5/1',
    ],
    ['EPSG:4326', { template: '/t/{z}/{x}/{y}', crs: 'EPSG:4326' }, '/t/2/7/3', '2/7/3'],
    ['EPSG:4326, too far east', { template: '/t/{z}/{x}/{y}', crs: 'EPSG:4326' }, '/t/2/8/3', undefined],
    ['simple', { template: '/t/{z}/{x}/{y}', crs: 'simple' }, '/t/2/-7/300', '2/-7/300'],
    ['simple, below zoom 0', { template: '/t/{z}/{x}/{y}', crs: 'simple' }, '/t/-2/-1/0', '-2/-1/0'],
    ['zoom 35', { template: '/t/{z}/{x}/{y}', maxZoom: 40 }, `/t/35/${2 ** 35 - 1}/0`, `35/${2 ** 35 - 1}/0`],
    ['an app under a path', {}, '/repo/tiles/base/3/4/2.png', '3/4/2'],
    ['and the root', {}, '/tiles/base/3/4/2.png', '3/4/2'],
    ['OpenLayers subdomains', { template: 'https://{a-c}.t.test/{z}/{x}/{y}' }, 'https://b.t.test/3/4/2', '3/4/2'],
    ['a path escaped otherwise', { template: '/topp:states/{z}/{x}/{y}' }, '/topp%3Astates/3/4/2', '3/4/2'],
  ])('%s', (_, options, url, expected) => {
    expect(show(at(options, url)?.tile)).toBe(expected);
  });

  it('gives a WMS tile one key, whatever the case, order and escapes of its parameters', () => {
    const box = metres(tile);
    const one = at({ template: '/wms*' }, `${WMS}&version=1.1.1&srs=EPSG:3857&bbox=${box}`)!;
    const other = at(
      { template: '/wms*' },
      `/wms?BBOX=${box.join('%2C')}&SRS=EPSG%3A3857&VERSION=1.1.1&HEIGHT=256&WIDTH=256&FORMAT=image%2Fpng&STYLES=&LAYERS=topp%3Astates&REQUEST=GetMap&SERVICE=WMS`,
    )!;
    expect(other.key).toBe(one.key);
    // A whole GetMap URL as a map's base, to which the library adds its own box.
    const added = [metres(tile), metres({ z: 3, x: 5, y: 2 })].map((own) =>
      at({ template: '/wms*' }, `${WMS}&srs=EPSG:3857&BBOX=0,0,1,1&bbox=${own}`)!,
    );
    expect(added.map(({ place }) => place)).toEqual([undefined, undefined]);
    expect(added[0]!.key).not.toBe(added[1]!.key);
    const pixel = (x: number) =>
      at({ template: '/wms*' }, `${WMS.replace('GetMap', 'GetFeatureInfo')}&srs=EPSG:3857&bbox=${box}&x=${x}&y=2`)!;
    expect(new Set([one.key, pixel(1).key, pixel(2).key]).size).toBe(3);
    const styled = at({ template: '/wms*' }, `${WMS}&version=1.1.1&srs=EPSG:3857&bbox=${box}&style=red`)!;
    expect(styled.key).not.toBe(one.key);
  });
});

describe('an unknown placeholder', () => {
  test.each([
    ['/t/{z}/{x}/{reverseY}', '{-y}'],
    ['/t/{zoom}/{x}/{y}', '{z}'],
    ['/t/{TileMatrix}/{TileRow}/{TileCol}', '{z}'],
    ['https://{subdomain}.t.test/{z}/{x}/{y}', '{s}'],
    ['/t/{z}/{x}/{y}{retina}.png', '{r}'],
    ['/t/{quad}.png', '{quadkey}'],
    ['/wms?bbox={bbox}', '{bbox-epsg-3857}'],
    ['/t/{Z}/{x}/{y}', '{z}'],
    ['/t/{z}/{x}/{y}.{ext}', 'Write the value'],
    ['/t/{z}/{x}/{y}?k={apiKey}', 'Leave the parameter out'],
  ])('%s: %s', (template, meant) => {
    expect(() => parseTemplate(template, origin)).toThrow(
      expect.objectContaining({ remedy: expect.stringContaining(meant) }),
    );
  });
});

describe('properties', { timeout: 60_000 }, () => {
  const grids: Array<{ template: string; crs?: TileCrs; scheme?: 'tms' }> = [
    { template: '/t/{z}/{x}/{y}.png' },
    { template: '/t/{z}/{x}/{y}.png', scheme: 'tms' },
    { template: '/t/{z}/{x}/{-y}.png' },
    { template: '/t/a{quadkey}.png' },
    { template: '/w?bbox={bbox-epsg-3857}&width=256' },
    { template: '/t/{z}/{x}/{y}.png', crs: 'EPSG:4326' },
    { template: '/t/{z}/{x}/{-y}.png', crs: 'EPSG:4326' },
    { template: '/t/{z}/{x}/{y}.png', crs: 'simple' },
    { template: '/t/{z}/{x}/{y}.png', crs: 'simple', scheme: 'tms' },
  ];
  const some = fc.tuple(fc.constantFrom(...grids), tiles(20), fc.boolean()).map(([grid, tile, east]) => ({
    grid,
    tile:
      grid.crs === 'EPSG:4326' && east
        ? { ...tile, x: tile.x + 2 ** tile.z }
        : grid.crs === 'simple' && east
          ? { ...tile, x: -tile.x - 1, y: -tile.y - 1 }
          : tile,
  }));
  const pick = ({ grid, tile }: { grid: (typeof grids)[number]; tile: TileId }) => ({
    grid,
    tile: grid.template.includes('quadkey') && tile.z === 0 ? { z: 1, x: 0, y: 0 } : tile,
  });

  it('read back what was expanded, on every grid; the origin lists the same URL', () => {
    fc.assert(
      fc.property(some.map(pick), ({ grid, tile }) => {
        const url = expandTemplate(grid.template, { layer: 'base', tile, ...grid });
        expect(at(grid, url)?.tile).toEqual(tile);
        expect(tileUrls({ layer: 'base', ...grid }, tile).urls).toEqual([url]);
      }),
      { numRuns: 1000 },
    );
  });

  /** The box of a tile in degrees, or in the units of a simple map, computed independently. */
  const boxOf = (crs: TileCrs | undefined, tile: TileId): BBox => {
    if (crs === 'EPSG:4326') return degrees(tile) as unknown as BBox;
    if (crs !== 'simple') return tileBBox(tile);
    const size = 256 / 2 ** tile.z;
    return [tile.x * size, -(tile.y + 1) * size, (tile.x + 1) * size, -tile.y * size];
  };
  const touches = (crs: TileCrs | undefined, tile: TileId, [west, south, east, north]: BBox) => {
    const [w, s, e, n] = boxOf(crs, tile);
    const clamp = (latitude: number) =>
      crs === undefined ? Math.max(-85.0511287798066, Math.min(85.0511287798066, latitude)) : latitude;
    const rows = n >= clamp(south) - 1e-7 && s <= clamp(north) + 1e-7;
    const spans =
      west > east
        ? [
            [west, 180],
            [-180, east],
          ]
        : [[west, east]];
    const shifts = crs === 'simple' ? [0] : [-360, 0, 360];
    const near = spans.some(([from, to]) =>
      shifts.some((shift) => e + shift >= from! - 1e-7 && w + shift <= to! + 1e-7),
    );
    return rows && near;
  };

  it('a box reaches exactly the tiles that touch it, on every grid', () => {
    // In millionths of a degree: the brute force counts a distance of 1e-7 from an edge as touching.
    const told = boxes.map((box) => box.map((value) => Math.round(value * 1e6) / 1e6) as unknown as BBox);
    const small = fc.tuple(fc.constantFrom(...grids), told, fc.integer({ min: 0, max: 3 }));
    fc.assert(
      fc.property(small, ([grid, given, z]) => {
        const { crs } = grid;
        const [west, south, east, north] = given;
        const bbox = (crs === 'simple' && west > east ? [east, south, west, north] : given) as BBox;
        const columns = crs === 'simple' ? [-3, 3] : [0, (crs === 'EPSG:4326' ? 2 : 1) * 2 ** z - 1];
        const lines = crs === 'simple' ? [-3, 3] : [0, 2 ** z - 1];
        for (let x = columns[0]!; x <= columns[1]!; x++)
          for (let y = lines[0]!; y <= lines[1]!; y++) {
            const tile = { z, x, y };
            if (grid.template.includes('quadkey') && z === 0) continue;
            const { place } = at(grid, expandTemplate(grid.template, { layer: 'base', tile, ...grid }))!;
            expect([tile, rangeHolds({ bbox, buffer: 0 }, place)]).toEqual([tile, touches(crs, tile, bbox)]);
          }
      }),
      { numRuns: 150 },
    );
  });

  it('a box reaches WMS images that are no tiles exactly when they touch', () => {
    // Whole degrees: rounding decides for points close to an edge.
    const whole = boxes.map((box) => box.map(Math.round) as unknown as BBox);
    fc.assert(
      fc.property(whole, whole, ([w, s, e, n], bbox) => {
        fc.pre(w < e - 1e-3 && s < n - 1e-3 && Math.abs(e - w - 2 * (n - s)) > 1e-3);
        const url = `${WMS}&version=1.3.0&crs=EPSG:4326&bbox=${[s, w, n, e]}`;
        const { place } = at({ template: '/wms*' }, url)!;
        const spans =
          bbox[0] > bbox[2]
            ? [
                [bbox[0], 180],
                [-180, bbox[2]],
              ]
            : [[bbox[0], bbox[2]]];
        const near = spans.some(([from, to]) =>
          [-360, 0, 360].some((d) => e + d >= from! - 1e-9 && w + d <= to! + 1e-9),
        );
        expect(rangeHolds({ bbox, buffer: 0 }, place)).toBe(near && n >= bbox[1] - 1e-9 && s <= bbox[3] + 1e-9);
      }),
      { numRuns: 500 },
    );
  });
});

describe('tileUrls', () => {
  const tile = { z: 3, x: 4, y: 2 };
  test.each<[string, Parameters<typeof tileUrls>[0], number | string]>([
    [
      'shards, ratios and versions',
      { layer: 'a', template: 'https://{a-c}.t.test/{z}/{x}/{y}{r}.png', versions: [undefined, '2'] },
      12,
    ],
    ['metadata beside tiles', { layer: 'a', template: ['/a/{z}/{x}/{y}.pbf', '/a.json'] }, 1],
    ['any rest', { layer: 'a' }, 'any rest'],
    ['a WMS', { layer: 'a', template: '/wms?service=WMS' }, 'does not locate'],
    ['no tile', { layer: 'a', template: '/{z}/{x}/{y}', maxZoom: 2 }, 'is no tile'],
  ])('%s', (_, options, expected) => {
    const found = tileUrls(options, tile);
    if (typeof expected === 'number') expect(found.urls).toHaveLength(expected);
    else expect(found).toEqual({ why: expect.stringContaining(expected) });
  });
});
