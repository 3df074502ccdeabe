import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EdgeLayer, readEdge, tileUrl } from '../../../server/layers/edge-layer';
import { planPublication, sampleTiles } from '../../../server/publish/plan';
import { parsePublication } from '../../../server/publish/publication';
import type { LayerOptions } from '../../../src/shared/layer-options';
import { rangeHolds } from '../../../src/shared/range';
import { resolveLayer } from '../../../src/shared/resolve-layer';
import { createTileMatcher } from '../../../src/shared/tile-matcher';
import { publishRequest, recordingPurger, reportOf, testOrigin, TOKEN } from '../helpers';

const bbox = [1, 1, 1.001, 1.001] as const;
const plan = (edge: EdgeLayer, fields: object = {}, versions = ['v2'], max = 1000) =>
  planPublication(parsePublication({ layer: 'roads', bbox, ...fields }), edge, versions, max);
const BASE = 'https://cdn.test/roads/';

describe('a URL form that pages request and no template names', () => {
  const purge = async (template: string, asked: string, body: object = { bbox }) => {
    const { purger, asked: purged } = recordingPurger();
    const { origin } = testOrigin({
      layers: { roads: { version: 'v1', edge: { template, zooms: [0, 1] } } },
      publish: { token: TOKEN, purgers: [purger] },
    });
    const tiles = origin.tileHeaders(
      (request) =>
        new Response(request.url.includes('gone') ? null : 'tile', {
          status: request.url.includes('gone') ? 404 : 200,
        }),
    );
    await tiles(new Request(`http://origin.test/tiles/roads/${asked}`));
    const report = await reportOf(origin.fetch(publishRequest({ layer: 'roads', version: 'v2', ...body })));
    return { plan: report.steps[0]!.detail, purged };
  };

  it.each([
    ['{z}/{x}/{y}.png', '1/0/0@2x.png', '@2x.png'],
    ['{z}/{x}/{y}.png', '1/0/0.webp', '.webp'],
    ['{z}/{x}/{y}{r}.png', '1/0/0@3x.png', '@3x.png'],
    ['{z}/{x}/{y}', '1/0/0.mvt', '.mvt'],
  ])('is purged by tag: %s, and %s was served', async (template, asked, form) => {
    const { plan, purged } = await purge(BASE + template, asked);
    expect(plan).toContain(`by tag (tiles were served as {z}/{x}/{y}${form}, which edge.template does not name)`);
    expect(purged).toEqual([{ tags: ['layer:roads'] }]);
  });

  it.each([
    ['{z}/{x}/{y}{r}.png', '1/0/0@2x.png'],
    ['{z}/{x}/{y}.png', '1/0/0.png?style=night'],
    ['{z}/{x}/{y}.png', 'gone/1/0/0@2x.png'],
    // In other grids, tile names differ from the origin's path.
    ['{quadkey}.png', '1/0/0@2x.png'],
  ])('does not exist: %s, and %s', async (template, asked) => {
    const { purged } = await purge(BASE + template, asked);
    expect(purged[0]!.urls!.length).toBeGreaterThan(0);
  });
});

describe('URLs that a box purges', () => {
  it.each<[string, EdgeLayer, string[]]>([
    ['of every pixel ratio', { template: `${BASE}{z}/{x}/{y}{r}.png` }, ['0/0/0.png', '0/0/0@2x.png']],
    ['of other ratios', { template: `${BASE}{z}/{x}/{y}{r}.png`, ratios: ['', '@3x'] }, ['0/0/0@3x.png']],
    [
      'of every format',
      { template: [`${BASE}{z}/{x}/{y}.png`, `${BASE}{z}/{x}/{y}.webp`] },
      ['0/0/0.png', '0/0/0.webp'],
    ],
    ['with the version that pages add', { template: `${BASE}{z}/{x}/{y}.png` }, ['0/0/0.png', '0/0/0.png?v=v2']],
    ['by another parameter', { template: `${BASE}{z}/{x}/{y}.png`, versionParam: 'rev' }, ['0/0/0.png?rev=v2']],
    [
      'with known queries',
      { template: `${BASE}{z}/{x}/{y}.png`, queries: ['', '?style=night'] },
      ['0/0/0.png?style=night', '0/0/0.png?v=v2&style=night'],
    ],
    ['with the layer’s name', { template: 'https://cdn.test/{layer}/{z}/{x}/{y}.png' }, ['0/0/0.png']],
  ])('are %s', (_name, edge, expected) => {
    const { urls } = plan({ ...edge, zooms: [0, 0] });
    expect(urls).toEqual(expect.arrayContaining(expected.map((end) => BASE + end)));
  });

  it('exist for every host', () => {
    const { urls } = plan({
      template: 'https://{s}.test/{z}/{x}/{y}.png?v={version}',
      subdomains: ['a', 'b'],
      zooms: [0, 0],
    });
    expect(urls).toEqual(['https://a.test/0/0/0.png?v=v2', 'https://b.test/0/0/0.png?v=v2']);
  });

  it.each<[string, EdgeLayer]>([
    ['TMS', { template: `${BASE}{z}/{x}/{y}.png`, scheme: 'tms' }],
    ['{-y}', { template: `${BASE}{z}/{x}/{-y}.png` }],
    ['{quadkey}', { template: `${BASE}{quadkey}.png` }],
    ['WMS', { template: 'https://cdn.test/wms?layers=roads&srs=EPSG:3857&width=256&height=256&bbox={bbox-epsg-3857}' }],
    ['EPSG:4326', { template: `${BASE}{z}/{x}/{y}.png`, crs: 'EPSG:4326' }],
    ['TMS in EPSG:4326', { template: `${BASE}{z}/{x}/{y}.png`, crs: 'EPSG:4326', scheme: 'tms' }],
  ])('of %s are exactly those that the worker drops for the same box', (_name, edge) => {
    const { template, scheme, crs } = edge;
    const options: LayerOptions = { template, ...(scheme && { scheme }), ...(crs && { crs }) };
    const match = createTileMatcher({ layers: [resolveLayer('roads', options)], origin: 'https://cdn.test' });
    const point = fc.tuple(
      fc.double({ min: -179, max: 179, noNaN: true }),
      fc.double({ min: -84, max: 84, noNaN: true }),
    );
    fc.assert(
      fc.property(point, fc.integer({ min: 1, max: 9 }), ([lon, lat], zoom) => {
        const box = [lon, lat, lon + 0.01, lat + 0.01] as [number, number, number, number];
        const { urls = [], byTag } = plan({ ...edge, zooms: [zoom, zoom] }, { bbox: box });
        expect(byTag).toBeUndefined();
        const places = new Set<string>();
        for (const url of urls) {
          const found = match(url);
          expect([url, found?.place && rangeHolds({ bbox: box }, found.place)]).toEqual([url, true]);
          places.add(JSON.stringify(found!.place));
        }
        // The worker drops no tile further out: the list has the length of a box with its neighbours.
        const columns = crs === 'EPSG:4326' ? 2 ** (zoom + 1) : 2 ** zoom;
        expect(places.size).toBeGreaterThanOrEqual(Math.min(3, columns) * 2);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a box that no list of URLs can cover', () => {
  it.each<[string, EdgeLayer, object, string]>([
    ['in map units', { template: `${BASE}{z}/{x}/{y}.png`, crs: 'simple' }, {}, 'grid simple'],
    ['of unknown zooms', { template: `${BASE}{z}/{x}/{y}.png` }, { zooms: [14, 18] }, 'which zooms exist'],
    [
      'of zooms that do not exist',
      { template: `${BASE}{z}/{x}/{y}.png`, zooms: [0, 3] },
      { zooms: [5, 6] },
      'none of its zooms',
    ],
    ['with further tags', { template: `${BASE}{z}/{x}/{y}.png` }, { tags: ['x'] }, 'further tags'],
    ['that is too wide', { template: `${BASE}{z}/{x}/{y}.png` }, { bbox: [-90, -45, 90, 45] }, 'more than 1000 URLs'],
  ])('is purged by tag, with the reason: %s', (_name, edge, fields, why) => {
    const { tags, urls, byTag } = plan(edge, fields);
    expect([urls, byTag, tags[0]]).toEqual([undefined, expect.stringContaining(why), 'layer:roads']);
  });
});

describe('the option', () => {
  const read = (edge: object) => readEdge(edge, 'edge', 'INVALID_OPTION');

  it.each<[object, string]>([
    [{ template: `${BASE}*` }, 'edge.template'],
    [{ template: `${BASE}{z}/{x}/{y}.{ext}` }, 'edge.template'],
    [{ template: [`${BASE}{z}/{x}/{y}.png`, `${BASE}{z}/{x}.png`] }, 'edge.template.1'],
    [{ template: [] }, 'edge.template'],
    [{ template: `${BASE}{z}/{x}/{y}.png`, scheme: 'xyzzy' }, 'edge.scheme'],
    [{ template: `${BASE}{z}/{x}/{y}.png`, ratios: ['2x'] }, 'edge.ratios.0'],
    [{ template: `${BASE}{z}/{x}/{y}.png`, queries: ['a b'] }, 'edge.queries.0'],
  ])('refuses %j', (edge, field) => {
    let error: unknown;
    try {
      read(edge);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'INVALID_OPTION', field: expect.stringContaining(field.replace(/\.\d$/, '')) });
  });
});

it.each([
  ['topp:states', '{layer}', ['topp:states', 'topp%3Astates']],
  ['topp:states', 'topp:states', ['topp:states', 'topp%3Astates']],
  ['a+b,c', '{layer}', ['a+b,c', 'a%2Bb%2Cc']],
  ['50%: a b/é', '{layer}', ['50%25:%20a%20b%2F%C3%A9', '50%25%3A%20a%20b%2F%C3%A9']],
])('is purged under its name as browsers and as scripts encode it: %s', (layer, slot, names) => {
  const edge = {
    template: `https://cdn.test/tiles/${slot}/{z}/{x}/{y}{r}.png`,
    zooms: [0, 0] as const,
    ratios: ['@2x'],
  };
  const { urls } = planPublication(parsePublication({ layer, bbox }), edge, [], 1000);
  expect(new Set(urls)).toEqual(new Set(names.map((name) => `https://cdn.test/tiles/${name}/0/0/0@2x.png`)));
});

it('requests a sample by the first template, in the layer’s grid', () => {
  const edge: EdgeLayer = {
    template: [`${BASE}{z}/{x}/{y}.png`, `${BASE}{z}/{x}/{y}.webp`],
    scheme: 'tms',
    zooms: [1, 1],
  };
  const [tile] = sampleTiles(plan(edge), edge, 1);
  expect(tile).toEqual({ z: 1, x: 1, y: 0 });
  expect(tileUrl(edge, 'roads', tile!, 'v2')).toBe(`${BASE}1/1/1.png`);
});
