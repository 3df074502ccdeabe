import fc from 'fast-check';
import { describe, expect, it, test, vi } from 'vitest';
import { expandTemplate, type TemplateValues } from '../../src/shared/expand-template';
import type { LayerOptions } from '../../src/shared/layer-options';
import { resolveLayer } from '../../src/shared/resolve-layer';
import { createTileMatcher } from '../../src/shared/tile-matcher';
import { layerNames, tiles, versions } from './arbitraries';

const origin = 'https://map.test';

function matcher(layers: Record<string, LayerOptions>, catchAll = true) {
  return createTileMatcher({
    origin,
    layers: Object.entries(layers).map(([name, options]) => resolveLayer(name, options)),
    ...(catchAll && { catchAll: (name) => resolveLayer(name, {}, { catchAll: true }) }),
  });
}

/** The main parts of an address, as one line. */
function brief(address: ReturnType<ReturnType<typeof createTileMatcher>>) {
  if (!address) return undefined;
  const { layer, tile, version } = address;
  return [layer.name, tile ? `${tile.z}/${tile.x}/${tile.y}` : '-', version ?? '-'].join(' ');
}

describe('without configuration', () => {
  const match = matcher({});
  test.each([
    ['/tiles/roads/3/4/5.png', 'roads 3/4/5 -'],
    ['/tiles/roads/3/4/5', 'roads 3/4/5 -'],
    ['/tiles/roads/3/4/5@2x.png', 'roads 3/4/5 -'],
    ['/tiles/roads/3/4/5.vector.pbf', 'roads 3/4/5 -'],
    ['/tiles/roads/day/v2/3/4/5.pbf', 'roads 3/4/5 -'],
    ['/tiles/roads/0/0/0.png?v=3f2a', 'roads 0/0/0 3f2a'],
    ['/tiles/roads/30/1073741823/1073741823.png', 'roads 30/1073741823/1073741823 -'],
    ['/tiles/roads_old/3/4/5.png', 'roads_old 3/4/5 -'],
    ['/tiles/3/4/5.png', 'default 3/4/5 -'],
    ['/tiles/3/4/5@2x.webp?v=1', 'default 3/4/5 1'],
    ['/tiles/2024/3/4/5.png', '2024 3/4/5 -'],
    ['/tiles/3/style.json', 'default - -'],
    ['/tiles/roads/tilejson.json', 'roads - -'],
    ['/tiles/roads/', 'roads - -'],
    ['/tiles/roads/3/8/0.png', 'roads - -'], // x is past zoom 3
    ['/tiles/roads/3/0/8.png', 'roads - -'],
    ['/tiles/roads/31/0/0.png', 'roads - -'],
    ['/tiles/roads/3/-1/0.png', 'roads - -'],
    ['/tiles/roads/3/4/5@2X.png', 'roads 3/4/5 -'],
    ['/tiles/roads/3/4/5@2x.PNG', 'roads 3/4/5 -'],
    ['/tiles/roads/3/4/5@1.5x.webp', 'roads 3/4/5 -'],
    ['/tiles/roads/3/4/5%402X.png', 'roads 3/4/5 -'],
    ['/tiles/roads/3/4/5@3x', 'roads 3/4/5 -'],
    ['/tiles/roads/3/4/5@hidpi.png', 'roads 3/4/5 -'],
    ['/tiles/roads/3/4/5_2x.png', 'roads 3/4/5 -'],
    ['/tiles/roads/3/4/5-1.5x.png', 'roads 3/4/5 -'],
    ['/tiles/roads/3/4/5.png@2x', 'roads 3/4/5 -'],
    ['/tiles/roads/3/4/5.pbf.gz', 'roads 3/4/5 -'],
    ['/tiles/roads/3/4/5.png;jsessionid=1A2B', 'roads 3/4/5 -'],
    ['/tiles/roads/3/4/5%2Epng', 'roads 3/4/5 -'],
    ['/tiles/roads/3/4/5.png/', 'roads 3/4/5 -'], // of servers that end each path so
    ['/tiles/roads/3/4/5/', 'roads 3/4/5 -'],
    ['/tiles/3/4/5@2X.png/', 'default 3/4/5 -'],
    ['/tiles/roads/3/4/5a.png', 'roads - -'], // a name that begins with a digit
    ['/tiles/roads/12/31/23-59.png', 'roads - -'], // a time
    ['/tiles/roads/3/4/5_old.png', 'roads - -'],
    ['/tiles/fl%20ood/3/4/5.png', 'fl ood 3/4/5 -'],
    ['/tiles/a%2Fb/3/4/5.png', 'a/b 3/4/5 -'],
    ['/tiles/__proto__/3/4/5.png', '__proto__ 3/4/5 -'],
    ['/tiles/roads/3/4/5.png?v=', 'roads 3/4/5 -'],
    ['/tiles/roads/3/4/5.png?v=a%20b', 'roads 3/4/5 -'], // no version has a space
    ['/tiles/%00/3/4/5.png', undefined],
    ['/tiles/%E0%A4%A/3/4/5.png', undefined],
    [`/tiles/${'a'.repeat(129)}/3/4/5.png`, undefined],
    ['/tiles/roads', undefined],
    ['/tiles//3/4/5.png', undefined],
    ['/x/tiles/roads/3/4/5.png', undefined],
    ['/other?u=/tiles/roads/3/4/5.png', undefined],
    [`/tiles/roads/3/4/5.png?${'a'.repeat(8100)}`, 'roads 3/4/5 -'],
    [`/tiles/roads/3/4/5.png?${'a'.repeat(8192)}`, undefined],
    ['//other.test/tiles/roads/3/4/5.png', undefined],
  ])('%s -> %s', (url, expected) => {
    expect(brief(match(url.startsWith('//') ? `https:${url}` : origin + url))).toBe(expected);
  });

  test.each([
    '',
    'no url',
    'http://map.test/tiles/roads/3/4/5',
    'https://map.test:8443/tiles/roads/3/4/5',
    'blob:https://map.test/tiles/roads/3/4/5',
    'data:image/png;base64,/tiles/',
  ])('%s is no tile', (url) => {
    expect(match(url)).toBeUndefined();
  });

  it('calls the function once per layer, and keeps at most a thousand names', () => {
    const catchAll = vi.fn((name: string) => resolveLayer(name, {}, { catchAll: true }));
    const own = createTileMatcher({ origin, layers: [], catchAll });
    own(`${origin}/tiles/a/1/1/1`);
    own(`${origin}/tiles/a/1/0/1`);
    expect(catchAll).toHaveBeenCalledTimes(1);
    for (let i = 0; i < 1000; i++) own(`${origin}/tiles/n${i}/1/1/1`);
    own(`${origin}/tiles/a/1/1/1`);
    expect(catchAll).toHaveBeenCalledTimes(1002);
  });

  it('ignores a name that the function declines', () => {
    const some = createTileMatcher({
      origin,
      layers: [],
      catchAll: (name) => (name === 'roads' ? resolveLayer(name) : undefined),
    });
    expect(brief(some(`${origin}/tiles/roads/1/1/1`))).toBe('roads 1/1/1 -');
    expect(some(`${origin}/tiles/other/1/1/1`)).toBeUndefined();
  });
});

describe('with layers', () => {
  const match = matcher({
    roads: {},
    night: { template: '/tiles/roads/night/*' },
    osm: { template: 'https://{s}.tiles.example.com/{z}/{x}/{y}{r}.png' },
    versioned: { template: ['/tv/{layer}/{version}/{z}/{x}/{y}.pbf', '/tv/{layer}.json'] },
    south: { template: '/south/{z}/{x}/{y}.png', scheme: 'tms' },
    kvp: { template: 'https://maps.test/wms?layers=kvp&x={x}&y={y}&z={z}&rev={version}' },
    prefix: { template: '/prefix*' },
    'a.b': { template: '/dots/{layer}.{z}.{x}.{y}' },
    esri: { template: '/esri/tile/{z}/{y}/{x}' },
    zoomless: { template: '/sprites/*', ignoreParams: ['t'], versionParam: 'rev' },
  });
  test.each([
    ['/tiles/roads/3/4/5.png', 'roads 3/4/5 -'],
    ['/tiles/roads/night/3/4/5.png', 'night 3/4/5 -'],
    ['/tiles/roads_old/3/4/5.png', 'roads_old 3/4/5 -'],
    ['https://a.tiles.example.com/3/4/5@2x.png', 'osm 3/4/5 -'],
    ['https://b.tiles.example.com/3/4/5.png', 'osm 3/4/5 -'],
    ['https://a.b.tiles.example.com/3/4/5.png', undefined],
    ['https://.tiles.example.com/3/4/5.png', undefined],
    ['https://evil.test/x.tiles.example.com/3/4/5.png', undefined],
    ['https://a.tiles.example.com.evil.test/3/4/5.png', undefined],
    ['https://a.tiles.example.com/3/4/8.png', undefined],
    ['https://a.tiles.example.com/3/4/5.png/more', undefined],
    ['/tv/versioned/v3.2/3/4/5.pbf', 'versioned 3/4/5 v3.2'],
    ['/tv/versioned/v3.2/3/4/5.pbf?v=old', 'versioned 3/4/5 v3.2'],
    ['/tv/versioned.json', 'versioned - -'],
    ['/tv/other/v3.2/3/4/5.pbf', undefined],
    ['/south/3/4/5.png', 'south 3/4/2 -'],
    ['https://maps.test/wms?z=3&y=5&x=4&layers=kvp', 'kvp 3/4/5 -'],
    ['https://maps.test/wms?z=3&y=5&x=4&layers=kvp&rev=7', 'kvp 3/4/5 7'],
    ['https://maps.test/wms?z=3&y=5&x=4&layers=other', undefined],
    ['https://maps.test/wms?z=3&y=5&layers=kvp', undefined],
    ['/prefix', 'prefix - -'],
    ['/prefix/3/4/5', 'prefix 3/4/5 -'],
    ['/prefix_old/3/4/5', undefined],
    ['/dots/a.b.3.4.5', 'a.b 3/4/5 -'],
    ['/esri/tile/3/5/4', 'esri 3/4/5 -'],
    ['/sprites/icons.json?v=1&rev=2', 'zoomless - 2'],
    // Only its own templates handle a configured name.
    ['/tiles/osm/3/4/5.png', undefined],
  ])('%s -> %s', (url, expected) => {
    expect(brief(match(url[0] === '/' ? origin + url : url))).toBe(expected);
  });

  it('a configured layer with a number for a name keeps its tiles', () => {
    const numbers = matcher({ 2024: {}, default: {} }, false);
    expect(brief(numbers(`${origin}/tiles/2024/3/4/5.png`))).toBe('2024 3/4/5 -');
    expect(brief(numbers(`${origin}/tiles/2024/tilejson.json`))).toBe('2024 - -');
    expect(brief(numbers(`${origin}/tiles/3/4/5.png`))).toBe('default 3/4/5 -');
    expect(numbers(`${origin}/tiles/other/3/4/5.png`)).toBeUndefined();
  });

  it('refuses two layers with one template', () => {
    expect(() => matcher({ a: { template: '/t/{z}/{x}/{y}' }, b: { template: '/t/{z}/{x}/{y}' } })).toThrow(
      expect.objectContaining({
        code: 'INVALID_TEMPLATE',
        field: 'layers.b.template',
        message: expect.stringContaining('layer a'),
      }),
    );
  });
});

describe('the key', () => {
  const match = matcher({
    roads: { ignoreParams: ['utm', 'cb'] },
    osm: { template: 'https://{s}.tiles.example.com/{z}/{x}/{y}{r}.png' },
    path: { template: '/p/{version}/{z}/{x}/{y}' },
    mixed: { template: '/m-{version}/{z}/{x}/{y}' },
    kvp: { template: '/kvp?x={x}&y={y}&z={z}&s={s}&rev={version}', ignoreParams: ['x'] },
  });
  const at = (url: string) => match(url[0] === '/' ? origin + url : url);
  test.each([
    ['/tiles/roads/3/4/5@2x.png?v=1', '@roads/tiles/3/4/5@2x.png'],
    ['/tiles/roads/3/4/5.png?b=2&v=1&a=1#here', '@roads/tiles/3/4/5.png?b=2&a=1'],
    ['/tiles/roads/3/4/5.png?t=2024-01-01&utm=x&cb=1', '@roads/tiles/3/4/5.png?t=2024-01-01'],
    ['/tiles/roads/3/4/5.png?&&', '@roads/tiles/3/4/5.png'],
    ['/tiles/roads/night/3/4/5.png', '@roads/tiles/night/3/4/5.png'],
    [
      '/tiles/roads/3/4/5.png?style=dark%2Fred&Format=image/png',
      '@roads/tiles/3/4/5.png?style=dark%2Fred&Format=image%2Fpng',
    ],
    ['/tiles/roads/3/4/5.png?V=1&whatever=1', '@roads/tiles/3/4/5.png'],
    ['https://user:pass@map.test/tiles/roads/3/4/5.png', '@roads/tiles/3/4/5.png'],
    ['https://b.tiles.example.com/3/4/5@2x.png', '@osm/3/4/5@2x.png'],
    ['/p/v9/3/4/5', '@path/p/3/4/5'],
    ['/m-v9/3/4/5', '@mixed/m-/3/4/5'],
    ['/kvp?z=3&rev=9&s=b&x=4&y=5', '@kvp/kvp/3/4/5'],
    ['/kvp?z=3&x=4&y=5&s=b&x=6', '@kvp/kvp/3/4/5'], // the second x is an ignored one
  ])('%s', (url, key) => {
    expect(at(url)?.key).toBe(`${origin}/__stc/${key}`);
  });

  test.each([
    ['/tiles/roads/3/4/5.png?token=T0P&a=1&KEY=S3C&Access_Token=abc', 'access_token=abc&key=S3C&token=T0P'],
    ['/tiles/roads/3/4/5.png?%74oken=T0P', 'token=T0P'],
    ['/tiles/roads/3/4/5.png?token=T0P&token=abc', 'token=T0P&token=abc'],
    ['https://user:T0P@map.test/tiles/roads/3/4/5.png', '@=user:T0P'],
    ['/tiles/roads/3/4/5.png', ''],
  ])('%s: secrets apart', (url, secrets) => {
    expect(at(url)?.secrets).toBe(secrets);
    expect(at(url)?.key).not.toMatch(/T0P|S3C|abc/);
  });

  it.each(['5.png;jsessionid=T0P', '5.png;s=1;SID=T0P', '5;a=1,token=T0P', '5.png;key%3DT0P'])(
    '%s: a secret in the path is in no key',
    (end) => {
      const address = at(`/tiles/roads/3/4/${end}`)!;
      expect(address.tile).toEqual({ z: 3, x: 4, y: 5 });
      expect(address.key).not.toContain('T0P');
      expect(address.hidden).toContain('T0P');
    },
  );

  it.each([
    ['/vt?x={x}&y={y}&z={z}', '/vt?x=4&y=5&z=3&lyrs=m'],
    ['/a/long/path/of/some/server?tile={z}_{x}_{y}', '/a/long/path/of/some/server?tile=3_4_5'],
    ['/wms?bbox={bbox-epsg-3857}', '/wms?bbox=0,0,20037508.342789244,20037508.342789244'],
    ['/wms*', '/wms?request=GetMap&srs=EPSG:3857&bbox=0,0,20037508.342789244,20037508.342789244'],
    ['/t/{z}/{x}/{y}.png', '/t/3/4/5.png'],
  ])('does not contain the host, single or sharded: %s', (template, url) => {
    const keys = [
      [origin, origin],
      ['https://tiles.test', 'https://tiles.test'],
      ['https://{s}.tiles.test', 'https://b.tiles.test'],
      ['https://mt{s}.longer-name.test:8443', 'https://mt1.longer-name.test:8443'],
    ].map(([from, host]) => matcher({ one: { template: from + template } }, false)(host + url)!.key);
    expect(new Set(keys).size).toBe(1);
  });

  it('gives one tile one key, whatever its version, shard, secrets and order of secrets', () => {
    const of = (url: string) => {
      const { key, secrets } = at(url)!;
      return { key, secrets };
    };
    expect(of('/tiles/roads/3/4/5.png?v=1&token=a&key=b')).toEqual(of('/tiles/roads/3/4/5.png?key=b&v=2&token=a'));
  });
});

/** Templates of every shape, and whether they carry a version, a shard and a name. */
const shapes = [
  '/tiles/{layer}/*',
  '/tiles/{layer}/{z}/{x}/{y}{r}.png',
  '/tv/{layer}/{version}/{z}/{x}/{y}.pbf',
  '/tv/{version}/{layer}/{z}/{y}/{x}',
  '/t/{layer}-{z}-{x}-{y}',
  '/t/{z}/{x}/{y}/{layer}.json',
  '/q?l={layer}&x={x}&y={y}&z={z}&v={version}',
  '/q/{layer}?a=1&z={z}&p={x}_{y}',
  'https://{s}.tiles.example.com/{layer}/{z}/{x}/{y}{r}.png',
  'https://tiles-{s}.example.com:8443/{version}/{layer}/*',
];

// A busy machine may be slow, but no case may be wrong.
describe('properties', { timeout: 60_000 }, () => {
  const values = fc.record({
    layer: layerNames,
    tile: tiles(30),
    version: fc.option(versions, { nil: undefined }),
    subdomain: fc.constantFrom('a', 'b', '1', 'east'),
    ratio: fc.constantFrom('', '@2x', '@3x', '@1.5x'),
    scheme: fc.constantFrom('xyz' as const, 'tms' as const),
  }) satisfies fc.Arbitrary<TemplateValues>;
  const cases = fc.tuple(fc.constantFrom(...shapes), values).map(([template, given]) => ({
    template,
    // A path segment needs its version; '.' and '..' vanish from paths.
    given: { ...given, version: template.includes('/{version}') ? `r${given.version ?? '0'}` : given.version },
  }));
  const single = (template: string, { layer, scheme }: { layer: string; scheme: 'xyz' | 'tms' }) =>
    createTileMatcher({ origin, layers: [resolveLayer(layer, { template, scheme })] });
  const absolute = (template: string, given: TemplateValues) => new URL(expandTemplate(template, given), origin).href;

  it('reads back the values that expanded a template', () => {
    fc.assert(
      fc.property(cases, ({ template, given }) => {
        const address = single(template, given)(absolute(template, given));
        expect(address).toMatchObject({ layer: { name: given.layer }, tile: given.tile, secrets: '' });
        expect(address?.version).toBe(given.version);
      }),
      { numRuns: 600 },
    );
  });

  it('gives two URLs one key exactly if they differ only in version and shard', () => {
    fc.assert(
      fc.property(cases, values, fc.boolean(), ({ template, given }, other, same) => {
        const second = same
          ? { ...given, subdomain: other.subdomain, version: given.version && `x${other.version ?? ''}` }
          : { ...other, layer: given.layer, scheme: given.scheme, version: given.version };
        const match = single(template, given);
        const [a, b] = [given, second].map((one) => match(absolute(template, one))!);
        const alike = a!.tile!.z === b!.tile!.z && a!.tile!.x === b!.tile!.x && a!.tile!.y === b!.tile!.y;
        const sameRatio = !template.includes('{r}') || given.ratio === second.ratio;
        expect(a!.key === b!.key).toBe(alike && sameRatio);
      }),
      { numRuns: 600 },
    );
  });

  it('gives a key that is an absolute URL, as the browser writes it', () => {
    fc.assert(
      fc.property(cases, ({ template, given }) => {
        const match = single(template, given);
        const { key } = match(absolute(template, given))!;
        expect(new URL(key).href).toBe(key);
      }),
    );
  });

  it('never lets a secret into the key or the version', () => {
    const param = fc.constantFrom('token', 'KEY', 'Signature', 'access%5Ftoken', 'X-Amz-Signature');
    fc.assert(
      fc.property(cases, param, fc.stringMatching(/^[0-9a-f]{16}$/), ({ template, given }, name, secret) => {
        const url = absolute(template, given);
        const address = single(template, given)(`${url}${url.includes('?') ? '&' : '?'}${name}=${secret}#${secret}`)!;
        expect(address.secrets).toContain(secret);
        expect(address.key + (address.version ?? '')).not.toContain(secret);
        expect(address.key).toBe(single(template, given)(url)!.key);
      }),
    );
  });

  it('distinguishes layers by their whole name', () => {
    fc.assert(
      fc.property(layerNames, fc.string({ minLength: 1, maxLength: 5 }), tiles(10), (name, more, tile) => {
        fc.pre(!/[\p{Cc}\p{Cs}]/u.test(more));
        const match = matcher({ [name]: {} }, false);
        const at = (layer: string) => match(new URL(expandTemplate('/tiles/{layer}/*', { layer, tile }), origin).href);
        expect(at(name)?.layer.name).toBe(name);
        expect(at(name + more)).toBeUndefined();
      }),
    );
  });

  it('never throws, and gives a URL and its normalized form the same address', () => {
    const match = matcher({
      roads: {},
      osm: { template: 'https://{s}.tiles.example.com/{z}/{x}/{y}' },
      kvp: { template: '/q?x={x}&y={y}&z={z}' },
    });
    const bits = fc.constantFrom(
      '/tiles/',
      'roads',
      '/',
      '3',
      '4',
      '.png',
      '@2x',
      '?',
      '&',
      '=',
      '#',
      '%',
      '%2F',
      '..',
      'token=',
      'v=',
      'x=1',
      'y=1',
      'z=1',
      'q',
      ' ',
      'ü',
    );
    fc.assert(
      fc.property(
        fc.array(bits, { maxLength: 14 }),
        fc.constantFrom(origin, 'https://a.tiles.example.com', ''),
        (list, base) => {
          const url = base + list.join('');
          const address = match(url);
          if (address) expect(match(new URL(url).href)).toEqual(address);
        },
      ),
      { numRuns: 600 },
    );
  });
});
