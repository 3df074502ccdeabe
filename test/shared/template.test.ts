import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { expandTemplate } from '../../src/shared/expand-template';
import { parseTemplate } from '../../src/shared/template';

const parse = (template: string) => parseTemplate(template, 'https://map.test', 'layers.roads.template');

describe('parseTemplate', () => {
  test.each([
    ['', 'is neither a path'],
    ['tiles/{z}/{x}/{y}', 'is neither a path'],
    ['//other.test/{z}/{x}/{y}', 'is neither a path'],
    ['ftp://other.test/{z}/{x}/{y}', 'is neither a path'],
    ['/tiles/{z}/{x}/{y}.png#top', 'is neither a path'],
    ['/tiles/*/{z}/{x}/{y}', 'is neither a path'],
    ['/tiles/{z}/{x}/{y', 'is neither a path'],
    ['/tiles/{z}/{x}/{y}}', 'is neither a path'],
    ['/tiles/zq0x/{z}/{x}/{y}', 'is neither a path'],
    ['/tiles/{z}/{x}/{y}/{-y}', 'the tile twice'],
    ['/tiles/{quadkey}/{z}/{x}/{y}', 'the tile twice'],
    ['/tiles/{q}{x}', 'the tile twice'],
    ['/tiles/{z}/{-y}', 'lacks one of'],
    [`/${'a'.repeat(2048)}`, 'is neither a path'],
    ['/tiles/{quad}.png', 'the unknown {quad}'],
    ['/tiles/{*}', 'the unknown {*}'],
    ['/tiles/{}', 'the unknown {}'],
    ['/tiles/{constructor}', 'the unknown {constructor}'],
    ['/tiles/{z}/{x}/{y}/{z}', '{z} twice'],
    ['/tiles/{layer}/{layer}/*', '{layer} twice'],
    ['/tiles/{z}/{x}.png', 'lacks one of {z}, {x}, {y}'],
    ['/tiles/{z}{x}/{y}.png', 'nothing between'],
    ['/tiles/{layer}{version}/*', 'nothing between'],
    ['/tiles/{layer}{r}/*', 'nothing between'],
    ['https://user:pass@other.test/{z}/{x}/{y}', 'in its host'],
    ['https://{z}.other.test/{x}/{y}', 'in its host'],
    ['https://{version}.other.test/*', 'in its host'],
    ['https:///', 'is no URL'],
    ['/wms?layers=roads&*', 'invalid place'],
    ['/wms?{layer}=1', 'invalid place'],
    ['/tiles/${z}/${x}/${y}', 'of another program'],
    ['/tiles/:z/:x/:y.png', 'of another program'],
    ['/wms?x=%x', 'of another program'],
    ['/tiles/<z>/<x>/<y>', 'of another program'],
    ['/tiles/[z]/[x]/[y]', 'of another program'],
  ])('%s: %s', (template, why) => {
    expect(() => parse(template)).toThrow(
      expect.objectContaining({
        code: 'INVALID_TEMPLATE',
        field: 'layers.roads.template',
        message: expect.stringContaining(why),
        remedy: expect.stringContaining('{z}'),
      }),
    );
  });

  it.each([
    ['{zoom}', '{z}'],
    ['{TileMatrix}', '{z}'],
    ['{TileRow}', '{y}'],
    ['{TileCol}', '{x}'],
    ['{reverseY}', '{-y}'],
    ['{ytms}', '{-y}'],
    ['{switch:a,b}', '{s}'],
    ['{@2x}', '{r}'],
    ['{quadKey}', '{quadkey}'],
    ['{west}', '{bbox-epsg-3857}'],
    ['{bbox-epsg-4326}', '{bbox-epsg-3857}'],
    ['{v}', '{version}'],
    ['{fontstack}', "'*'"],
    ['{apikey}', 'Leave the parameter out'],
    ['{ z }', '{z}'],
    ['{z:02}', '{z}'],
    ['{Y}', '{y}'],
    ['{culture}', 'the value itself'],
    ['{width}', 'the value itself'],
  ])('suggests for %s: %s', (found, meant) => {
    expect(() => parse(`/tiles/${found}/a`)).toThrow(
      expect.objectContaining({ remedy: expect.stringContaining(`${meant}${meant.startsWith('{') ? '?' : ''}`) }),
    );
  });

  it('accepts a template that has been through a URL', () =>
    expect(parse('/tiles/%7Bz%7D/%7bx%7d/%7B-y%7D.png').path).toEqual(parse('/tiles/{z}/{x}/{-y}.png').path));

  it('makes host, port and escapes canonical', () => {
    expect(parse('HTTPS://{s}.Tiles.Example.COM:443/straße/{z}/{x}/{y}').path).toEqual(
      parse('https://{s}.tiles.example.com/stra%C3%9Fe/{z}/{x}/{y}').path,
    );
    expect(parse('/a/../tiles/{layer}/*').path).toEqual(['https://map.test/tiles/', 'layer', '/', '*', '']);
  });

  it('returns a template or throws INVALID_TEMPLATE, whatever the input', () => {
    const bits = fc.constantFrom(
      '/',
      '*',
      '{z}',
      '{x}',
      '{y}',
      '{s}',
      '{r}',
      '{layer}',
      '{version}',
      '?',
      '&',
      '=',
      '%',
      '%zz',
      '@',
      ':',
      '..',
      'https://',
      'a.b',
      '\\',
      ' ',
      'ü',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(bits, { maxLength: 12 }).map((list) => list.join('')),
          fc.array(bits).map((list) => `/${list.join('')}`),
        ),
        (template) => {
          try {
            expect(parse(template).path.length % 2).toBe(1);
          } catch (error) {
            expect(error).toMatchObject({ code: 'INVALID_TEMPLATE' });
          }
        },
      ),
      { numRuns: 600 },
    );
  });
});

describe('expandTemplate', () => {
  const tile = { z: 3, x: 4, y: 5 };
  test.each([
    ['/tiles/{layer}/*', { layer: 'a/b', tile }, '/tiles/a%2Fb/3/4/5'],
    ['/tiles/{layer}/*', { layer: 'roads', rest: 'tilejson.json' }, '/tiles/roads/tilejson.json'],
    ['/tiles/{z}/{x}/{y}{r}.png', { tile, ratio: '@2x' }, '/tiles/3/4/5@2x.png'],
    ['/tiles/{z}/{x}/{y}{r}.png', { tile, version: '3f+2' }, '/tiles/3/4/5.png?v=3f%2B2'],
    ['/wms?x={x}&y={y}&z={z}', { tile, version: 'a', versionParam: 'rev' }, '/wms?x=4&y=5&z=3&rev=a'],
    ['/t?v={version}&a=1', {}, '/t?a=1'],
    ['/t?a=1&v={version}', {}, '/t?a=1'],
    ['/t?a=1&v={version}&b=2', {}, '/t?a=1&b=2'],
    ['/t?v={version}', {}, '/t'],
    ['/t?v={version}', { version: '1' }, '/t?v=1'],
    ['/{version}/{z}/{x}/{y}', { tile, version: 'v3.2' }, '/v3.2/3/4/5'],
    ['/{z}/{x}/{y}', { tile, scheme: 'tms' as const }, '/3/4/2'],
    ['https://{s}.other.test/{z}/{x}/{y}', { tile }, 'https://a.other.test/3/4/5'],
    ['https://{s}.other.test/{z}/{x}/{y}', { tile, subdomain: 'c' }, 'https://c.other.test/3/4/5'],
    ['/style.json?*', {}, '/style.json'],
  ])('%s', (template, values, url) => {
    expect(expandTemplate(template, values)).toBe(url);
  });

  test.each([
    ['/{version}/{z}/{x}/{y}', { tile }, '{version}'],
    ['/{z}/{x}/{y}', {}, '{z}'],
    ['/{toString}', { tile }, '{toString}'],
  ])('%s refuses a slot without a value', (template, values, slot) => {
    expect(() => expandTemplate(template, values)).toThrow(
      expect.objectContaining({ code: 'INVALID_TEMPLATE', message: expect.stringContaining(slot) }),
    );
  });
});
