import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { LayerOptions } from '../../src/shared/layer-options';
import { presets } from '../../src/shared/presets';
import { DEFAULT_TEMPLATE, resolveLayer } from '../../src/shared/resolve-layer';
import { SECRET_PARAMS } from '../../src/shared/secrets';

describe('resolveLayer', () => {
  it('fills in every documented default and leaves the windows open', () => {
    expect(resolveLayer('roads')).toEqual({
      name: 'roads',
      templates: [DEFAULT_TEMPLATE],
      scheme: 'xyz',
      crs: 'EPSG:3857',
      maxZoom: 30,
      freshness: 'header',
      maxAge: undefined,
      staleWhileRevalidate: undefined,
      staleIfError: undefined,
      offline: 'default',
      override: false,
      versionPolicy: 'revalidate',
      versionedUrls: false,
      versionParam: 'v',
      versioned: false,
      versionHeader: 'X-Tile-Version',
      settleTime: 30,
      accept: undefined,
      ignoreParams: [],
      secretParams: SECRET_PARAMS,
      plainParams: [],
      ignoreVary: [],
      shareAcrossCredentials: false,
      opaque: false,
      maxEntries: 20000,
      maxBytes: 256 * 1024 * 1024,
      patience: 1,
      timeout: undefined,
      negativeMaxAge: 60,
      maxNegativeAge: 3600,
      concurrency: 16,
      partition: undefined,
      catchAll: false,
    });
  });

  it('gives the catch-all layer the usual windows', () => {
    expect(resolveLayer('roads', {}, { catchAll: true })).toMatchObject({
      maxAge: 0,
      staleWhileRevalidate: 604800,
      staleIfError: undefined,
      catchAll: true,
    });
  });

  test.each<[keyof typeof presets, object]>([
    ['base', { maxAge: 86400, staleWhileRevalidate: 604800, staleIfError: Infinity, versionPolicy: 'revalidate' }],
    ['vector', { maxAge: 86400, staleWhileRevalidate: 86400, staleIfError: Infinity }],
    ['poi', { maxAge: 60, staleWhileRevalidate: 30, staleIfError: 86400 }],
    ['alerts', { maxAge: 10, staleWhileRevalidate: 5, staleIfError: 0, versionPolicy: 'discard' }],
  ])('accepts the preset %s with overrides', (name, windows) => {
    expect(resolveLayer('roads', { ...presets[name] })).toMatchObject(windows);
    expect(resolveLayer('roads', { ...presets[name], maxAge: 5 })).toMatchObject({ ...windows, maxAge: 5 });
  });

  it('accepts every valid set of options unchanged', () => {
    const options: fc.Arbitrary<LayerOptions> = fc.record(
      {
        scheme: fc.constantFrom('xyz' as const, 'tms' as const),
        freshness: fc.constantFrom('header' as const, 'version' as const),
        maxAge: fc.double({ min: 0, max: 3e8, noNaN: true }),
        staleWhileRevalidate: fc.nat({ max: 315_360_000 }),
        staleIfError: fc.oneof(fc.nat({ max: 315_360_000 }), fc.constant(Infinity)),
        override: fc.boolean(),
        versionPolicy: fc.constantFrom('revalidate' as const, 'serve-stale' as const, 'discard' as const),
        versionedUrls: fc.boolean(),
        versionParam: fc.constantFrom('v', 'version', 'rev'),
        versionHeader: fc.constantFrom('X-Tile-Version', 'etag'),
        accept: fc.constantFrom(['image/*'], ['application/vnd.mapbox-vector-tile', 'image/png'], ['*/*']),
        ignoreParams: fc.array(fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 9 }), { maxLength: 9 }),
        secretParams: fc.constantFrom([], ['pass']),
        shareAcrossCredentials: fc.boolean(),
        opaque: fc.boolean(),
        maxEntries: fc.integer({ min: 1 }),
        maxBytes: fc.integer({ min: 1 }),
        timeout: fc.double({ min: 0.001, max: 3600, noNaN: true }),
        concurrency: fc.integer({ min: 1, max: 1024 }),
        partition: fc.constantFrom('user-1', () => 'user-2'),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(options, (given) => {
        expect(resolveLayer('roads', given)).toEqual({
          ...resolveLayer('roads'),
          ...given,
          versioned: given.versionedUrls === true || given.versionParam !== undefined,
        });
      }),
    );
  });

  it('copies mutable options, and compares secrets and types case-insensitively', () => {
    const template = ['/a/{z}/{x}/{y}', '/a.json'];
    const layer = resolveLayer('a', { template, secretParams: ['Pass'], accept: ['Image/PNG'] });
    template.push('/b');
    expect(layer).toMatchObject({
      templates: ['/a/{z}/{x}/{y}', '/a.json'],
      secretParams: ['pass'],
      accept: ['image/png'],
    });
  });

  it('treats undefined as absent', () => {
    expect(resolveLayer('a', { maxAge: undefined } as unknown as LayerOptions)).toEqual(resolveLayer('a'));
  });

  test.each<[string, unknown]>([
    ['scheme', 'wmts'],
    ['freshness', 'always'],
    ['maxAge', -1],
    ['maxAge', '60'],
    ['maxAge', NaN],
    ['maxAge', Infinity],
    ['staleWhileRevalidate', Infinity],
    ['staleIfError', -1],
    ['override', 1],
    ['versionPolicy', 'keep'],
    ['versionedUrls', 'yes'],
    ['versionParam', ''],
    ['versionParam', 'Token'], // a secret by default
    ['offline', true],
    ['ignoreVary', 'Cookie'],
    ['ignoreVary', false],
    ['ignoreVary[0]', ['Coo kie']],
    ['versionHeader', 'X Tile'],
    ['versionHeader', ''],
    ['accept', []],
    ['accept', 'image/png'],
    ['accept[0]', ['png']],
    ['accept[1]', ['image/*', '*/png']],
    ['ignoreParams', 't'],
    ['ignoreParams[0]', [5]],
    ['ignoreParams', Array.from({ length: 65 }, () => 't')],
    ['secretParams[0]', ['']],
    ['shareAcrossCredentials', null],
    ['opaque', 'true'],
    ['maxEntries', 0],
    ['maxEntries', 1.5],
    ['maxBytes', Infinity],
    ['timeout', 0],
    ['timeout', 3601],
    ['concurrency', 0],
    ['concurrency', 1025],
    ['partition', ''],
    ['partition', 5],
    ['partition', async () => 'ann'],
    ['template', 5],
    ['template', []],
    ['template[1]', ['/a/*', 5]],
  ])('%s: %j is refused by name', (path, value) => {
    expect(() => resolveLayer('roads', { [path.split('[')[0]!]: value })).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        field: `layers.roads.${path}`,
        message: expect.stringContaining(path),
        remedy: expect.any(String),
      }),
    );
  });

  it('names the invalid template', () => {
    expect(() => resolveLayer('roads', { template: ['/a/*', '/b/{quad}'] })).toThrow(
      expect.objectContaining({ code: 'INVALID_TEMPLATE', field: 'layers.roads.template[1]' }),
    );
  });

  test.each([
    ['maxage', 'maxAge'],
    ['max_age', 'maxAge'],
    ['staleWhileRevalidation', 'staleWhileRevalidate'],
    ['stale-while-revalidate', 'staleWhileRevalidate'],
    ['templates', 'template'],
    ['url', undefined],
    ['ttl', undefined],
    ['toString', undefined],
  ])('an unknown option %s: did you mean %s?', (option, meant) => {
    expect(() => resolveLayer('roads', { [option]: 1 })).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        field: `layers.roads.${option}`,
        remedy: meant ? `Did you mean ${meant}?` : expect.stringContaining('template, scheme'),
      }),
    );
  });

  test.each(['', 'a\u0000', 'a'.repeat(129), 5 as unknown as string])('the name %j is refused', (name) => {
    expect(() => resolveLayer(name)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  });

  test.each([null, 5, 'base', []])('%j is refused as options', (options) => {
    expect(() => resolveLayer('roads', options as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', field: 'layers.roads' }),
    );
  });
});

describe('probable mistakes', () => {
  it('milliseconds in maxAge cause a question', () => {
    expect(() => resolveLayer('roads', { maxAge: 86_400_000_000 })).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        field: 'layers.roads.maxAge',
        remedy: 'Are these milliseconds? In seconds it is 86400000.',
      }),
    );
    expect(() => resolveLayer('roads', { maxAge: 315_360_000 })).not.toThrow();
  });

  test.each(['staleWhileRevalidate', 'staleIfError', 'negativeMaxAge', 'maxNegativeAge'])(
    'as do those in %s, which may be ten years',
    (name) => {
      expect(() => resolveLayer('roads', { [name]: 604_800_000 })).toThrow(
        expect.objectContaining({
          ...{ code: 'INVALID_OPTION', field: `layers.roads.${name}` },
          remedy: 'Are these milliseconds? In seconds it is 604800.',
        }),
      );
      expect(() => resolveLayer('roads', { [name]: 315_360_000 })).not.toThrow();
    },
  );

  it('a mistyped preset is an error, not a layer without windows', () => {
    const typed = presets as unknown as Record<string, object>;
    expect(() => ({ ...typed['bsae'] })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', field: 'presets.bsae', remedy: 'Did you mean presets.base?' }),
    );
    expect(() => typed['zzz']).toThrow(
      expect.objectContaining({ remedy: 'Use one of base, vector, poi, assets, alerts.' }),
    );
    expect({ ...presets.poi }).toEqual({ maxAge: 60, staleWhileRevalidate: 30, staleIfError: 86400 });
    expect(Object.keys({ ...presets })).toEqual(['base', 'vector', 'poi', 'assets', 'alerts']);
    expect(JSON.stringify(presets.base)).toContain('86400');
    expect(String(presets)).toBe('[object Object]');
  });
});
