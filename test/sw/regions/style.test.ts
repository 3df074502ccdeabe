import { describe, expect, it } from 'vitest';
import { fontsOf, needsOf } from '../../../sw/regions/style';
import { styleLayers } from '../../../sw/regions/style-layers';
import { createTileMatcher } from '../../../src/shared/tile-matcher';
import { resolveLayer } from '../../../src/shared/resolve-layer';
import { createRegionWorld } from './world';

const AT = 'https://maps.example/styles/bright.json?key=s3cret';
const style = {
  version: 8,
  sources: {
    roads: { type: 'vector', tiles: ['https://tiles.example/roads/{z}/{x}/{y}.pbf'], maxzoom: 14 },
    hills: { type: 'raster-dem', url: '../hills.json' },
    photo: { type: 'image', url: '/photo.jpg' },
  },
  sprite: [{ id: 'default', url: '/sprites/bright?v=2' }],
  glyphs: '/fonts/{fontstack}/{range}.pbf',
  layers: [
    { type: 'symbol', layout: { 'text-field': 'a', 'text-font': ['A', 'B'] } },
    {
      type: 'symbol',
      layout: { 'text-field': 'a', 'text-font': ['step', ['zoom'], ['literal', ['C']], 8, ['literal', ['D']]] },
    },
    {
      type: 'symbol',
      layout: {
        'text-field': 'a',
        'text-font': {
          stops: [
            [0, ['E']],
            [9, ['F']],
          ],
        },
      },
    },
    { type: 'symbol', layout: { 'icon-image': 'x' } },
    { type: 'line' },
  ],
};

describe('the parts of a style', () => {
  it('are documents, sprites in both ratios, and glyphs of each font', () => {
    const { documents, files, glyphs } = needsOf(style, AT, ['0-255']);
    expect(documents).toEqual(['https://maps.example/hills.json']);
    expect(files).toEqual([
      'https://maps.example/photo.jpg',
      'https://maps.example/sprites/bright.json?v=2',
      'https://maps.example/sprites/bright.png?v=2',
      'https://maps.example/sprites/bright@2x.json?v=2',
      'https://maps.example/sprites/bright@2x.png?v=2',
    ]);
    expect(glyphs).toEqual(
      ['A%2CB', 'C', 'D', 'E', 'F'].map((stack) => `https://maps.example/fonts/${stack}/0-255.pbf`),
    );
  });

  it('include the glyphs for text in the style itself, or the given ranges', () => {
    const layers = [
      {
        type: 'symbol',
        layout: { 'text-field': ['format', ['get', 'name'], {}, ' \u6771\u4eac', { 'font-scale': 1 }] },
      },
    ];
    const ranges = (given?: string[]) =>
      needsOf({ ...style, layers }, AT, given).glyphs.flatMap((file) => /\/(\d+-\d+)\.pbf$/.exec(file)?.[1] ?? []);
    expect(ranges()).toEqual(['0-255', '256-511', '8192-8447', '26368-26623', '19968-20223']);
    expect(ranges(['1024-1279'])).toEqual(['1024-1279']);
  });

  it.each<[string, object, string[]]>([
    [
      'labels inside an expression are not fonts',
      { 'text-font': ['match', ['get', 'class'], ['city', 'town'], ['literal', ['A']], ['literal', ['B', 'C']]] },
      ['A', 'B,C'],
    ],
    [
      'comparisons are not fonts',
      {
        'text-font': [
          'case',
          ['==', 'a', 'b'],
          ['literal', ['A']],
          ['in', 'x', 'y'],
          ['literal', ['B']],
          ['literal', ['C']],
        ],
      },
      ['A', 'B', 'C'],
    ],
    ['a literal at the top level is a font stack', { 'text-font': ['literal', ['A', 'B']] }, ['A,B']],
    ['a property of a tile is unknown', { 'text-font': ['get', 'font'] }, []],
    [
      'stops may be expressions',
      {
        'text-font': {
          base: 1,
          stops: [
            [0, ['A']],
            [5, ['literal', ['B']]],
          ],
        },
      },
      ['A', 'B'],
    ],
    [
      'parts of a text may have fonts of their own',
      {
        'text-font': ['A'],
        'text-field': [
          'case',
          ['has', 'en'],
          [
            'format',
            ['get', 'en'],
            { 'text-font': ['literal', ['Bold']] },
            '\n',
            {},
            ['get', 'name'],
            { 'font-scale': 0.8, 'text-font': ['literal', ['Italic', 'B']] },
          ],
          ['get', 'name'],
        ],
      },
      ['A', 'Bold', 'Italic,B'],
    ],
  ])('include the fonts that may be used: %s', (_, layout, stacks) => {
    expect(fontsOf([{ type: 'symbol', layout: { 'text-field': 'a', ...layout } }]).sort()).toEqual(stacks);
  });

  it('include the style’s own font files for text that may be shown', () => {
    const face = (url: string, ...ranges: string[]) => ({ url, 'unicode-range': ranges });
    const faces = {
      // In any order, one of them for a fallback font.
      B: '/fonts/b.woff2',
      C: [face('c-latin.ttf', 'U+0-FF'), face('c-cyrillic.ttf', 'u+04??'), face('c-han.ttf', 'U+4E00-9FFF', 'U+3400')],
      // No layer uses it.
      Unused: '/fonts/unused.ttf',
      D: [face('d.ttf'), face('none.ttf', 'latin'), null, 7, { url: 1 }],
      E: 'data:font/ttf;base64,AAAA',
    };
    const fonts = (ranges?: string[]) =>
      needsOf({ ...style, 'font-faces': faces }, AT, ranges)
        .glyphs.filter((file) => /\.(ttf|woff2)$/.test(file))
        .map((file) => file.slice('https://maps.example/'.length));
    expect(fonts()).toEqual(['fonts/b.woff2', 'styles/c-latin.ttf', 'styles/d.ttf']);
    expect(fonts(['1024-1279', '40704-40959'])).toEqual([
      'fonts/b.woff2',
      'styles/c-cyrillic.ttf',
      'styles/c-han.ttf',
      'styles/d.ttf',
    ]);
    const { template } = styleLayers({ ...style, 'font-faces': faces }, AT)['assets']!;
    expect(template).toContain('https://maps.example/fonts/b.woff2');
    for (const bad of [null, [], 'x', 1]) expect(needsOf({ ...style, 'font-faces': bad }, AT).unseen).toEqual([]);
  });

  it('report parts whose URLs never reach a worker', () => {
    const sources = {
      a: { type: 'vector', url: 'pmtiles://https://tiles.example/a.pmtiles?key=s3cret' },
      b: { type: 'raster', url: 'mapbox://mapbox.satellite' },
      c: { type: 'geojson', data: { type: 'FeatureCollection', features: [] } },
      d: { type: 'image', url: 'data:image/png;base64,AAAA' },
      e: { type: 'vector', url: 'tiles.json' },
    };
    expect(needsOf({ sources, sprite: 'mapbox://sprites/x', layers: [] }, AT)).toEqual({
      documents: ['https://maps.example/styles/tiles.json'],
      files: [],
      glyphs: [],
      unseen: ['source a (pmtiles:)', 'source b (mapbox:)', 'sprite (mapbox:)'],
    });
  });

  it('are limited in number, and report the limit', () => {
    const sources = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`s${i}`, { type: 'image', url: `/${i}.png` }]));
    expect(needsOf({ sources: sources(5000) }, AT)).toMatchObject({ files: { length: 5000 }, unseen: [] });
    expect(needsOf({ sources: sources(5003) }, AT)).toMatchObject({
      files: { length: 5000 },
      unseen: ['rest beyond 5000 files'],
    });
  });

  it('include each URL of a video', () => {
    const video = (urls: unknown) => needsOf({ sources: { drone: { type: 'video', urls } } }, AT);
    expect(video(['a.mp4', '/b.webm']).files).toEqual([
      'https://maps.example/styles/a.mp4',
      'https://maps.example/b.webm',
    ]);
    for (const bad of [undefined, 'a.mp4', [1, null]]) expect(video(bad).files).toEqual([]);
  });

  it('are none for an invalid style', () => {
    for (const bad of [null, 1, 'x', [], { sources: 1, layers: 'x', sprite: 7, glyphs: 7 }])
      expect(needsOf(bad, AT)).toEqual({ documents: [], files: [], glyphs: [], unseen: [] });
    expect(fontsOf([{ type: 'symbol', layout: { 'text-field': 'a' } }])).toHaveLength(1);
  });
});

describe('layers from a style', () => {
  it('match its parts and its tiles', () => {
    const layers = styleLayers(style, AT, { hills: { tiles: ['/hills/{z}/{x}/{y}.webp'], maxzoom: 11 } });
    expect(Object.keys(layers)).toEqual(['roads', 'hills', 'assets']);
    const match = createTileMatcher({
      layers: Object.entries(layers).map(([name, own]) => resolveLayer(name, own)),
      origin: 'https://maps.example',
    });
    const { documents, files, glyphs } = needsOf(style, AT);
    for (const url of [AT, ...documents, ...files, ...glyphs]) expect(match(url)?.layer.name, url).toBe('assets');
    expect(match('https://tiles.example/roads/3/1/2.pbf')).toMatchObject({ layer: { name: 'roads' }, tile: { z: 3 } });
    expect(match('https://maps.example/hills/3/1/2.webp')).toMatchObject({ layer: { name: 'hills', maxZoom: 11 } });
  });

  it.each<[string, object, Record<string, string[]>]>([
    ['mapbox:', { sources: { a: { type: 'raster', url: 'mapbox://mapbox.satellite' } }, sprite: 'mapbox://x/y' }, {}],
    ['pmtiles:', { sources: { a: { type: 'vector', url: 'pmtiles://https://x.example/a.pmtiles' } } }, {}],
    ['tiles by pmtiles:', { sources: { a: { type: 'vector', tiles: ['pmtiles://x/{z}/{x}/{y}'] } } }, {}],
    ['data:', { sources: { a: { type: 'image', url: 'data:image/png;base64,AAAA' } }, glyphs: 'asset://{range}' }, {}],
    ['invalid URLs', { sources: { a: { type: 'geojson', data: 'http://' }, b: { tiles: ['http://['] } } }, {}],
    [
      'terrain and its hillshade, from the same tiles',
      {
        sources: {
          terrain: { type: 'raster-dem', tiles: ['/dem/{z}/{x}/{y}'] },
          hills: { type: 'raster-dem', tiles: ['/dem/{z}/{x}/{y}'] },
        },
      },
      { terrain: ['https://maps.example/dem/{z}/{x}/{y}'] },
    ],
    [
      'tiles in another program’s form',
      { sources: { a: { tiles: ['/{prefix}/{z}/{x}/{y}.png', '/{z}/{y}.png'] } } },
      {},
    ],
    ['tiles without a place', { sources: { a: { tiles: ['', 'x.png', '#{z}/{x}/{y}'] } } }, {}],
    [
      'tiles with a fragment',
      { sources: { a: { tiles: ['/{z}/{x}/{y}#2'] } } },
      { a: ['https://maps.example/{z}/{x}/{y}'] },
    ],
    ['names of no layer', { sources: { '*': { tiles: ['/{z}/{x}/{y}'] }, '': { tiles: ['/a/{z}/{x}/{y}'] } } }, {}],
    ['files that no template means', { sprite: '/a*b/{x}', glyphs: 'https://{fontstack}.example/{range}.pbf' }, {}],
  ])('are valid options whatever the style contains: %s', (_, odd, expected) => {
    const layers = styleLayers({ version: 8, layers: [], ...odd }, AT);
    const templates = Object.fromEntries(Object.entries(layers).map(([name, { template }]) => [name, template]));
    expect(templates).toEqual({ ...expected, assets: ['https://maps.example/styles/bright.json'] });
    expect(() => createRegionWorld({ layers })).not.toThrow();
  });

  it('are valid options for any number of files and addresses, and match all of them', () => {
    const photos = Object.fromEntries(
      Array.from({ length: 150 }, (_, i) => [`p${i}`, { type: 'image', url: `/${i}.png` }]),
    );
    const shards = Array.from({ length: 70 }, (_, i) => `https://t${i}.example/{z}/{x}/{y}.png`);
    const sources = { ...photos, drone: { type: 'video', urls: ['a.mp4', 7] }, a: { tiles: shards, maxzoom: 99 } };
    const layers = styleLayers({ sources }, AT);
    expect(() => createRegionWorld({ layers })).not.toThrow();
    expect(Object.keys(layers)).toEqual(['a', 'assets', 'style-assets', 'style-style-assets']);
    expect(layers['a']).not.toHaveProperty('maxZoom');
    const match = createTileMatcher({
      layers: Object.entries(layers).map(([name, own]) => resolveLayer(name, own)),
      origin: 'https://maps.example',
    });
    const { files } = needsOf({ sources }, AT);
    expect(files).toHaveLength(151);
    for (const url of [AT, ...files]) expect(match(url)?.layer.name, url).toMatch(/assets$/);
  });

  it('do not replace the style’s own sources', () => {
    const tiles = (path: string) => ({ type: 'raster', tiles: [`/${path}/{z}/{x}/{y}`] });
    const layers = styleLayers({ sources: { assets: tiles('a'), 'style-assets': tiles('b') } }, AT);
    expect(Object.keys(layers)).toEqual(['assets', 'style-assets', 'style-style-assets']);
  });

  it('are refused for an invalid style', () => {
    expect(() => styleLayers(null, AT)).toThrow(expect.objectContaining({ field: 'style' }) as Error);
    expect(() => styleLayers(style, 'x')).toThrow(expect.objectContaining({ field: 'at' }) as Error);
  });
});
