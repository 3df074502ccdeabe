// A binding reports wrong arguments before it touches the map.
import { describe, expect, it } from 'vitest';
import { bindTileLayer } from '../../../src/adapters/leaflet';
import { bindImageOverlay } from '../../../src/adapters/leaflet-overlay';
import { bindSource } from '../../../src/adapters/maplibre';
import { bindImageSource } from '../../../src/adapters/maplibre-image';
import { bindLayer } from '../../../src/adapters/openlayers';
import { bindImageLayer } from '../../../src/adapters/openlayers-image';
import { showTileAges } from '../../../src/adapters/tile-ages';
import { versionedRequests } from '../../../src/adapters/versioned-requests';
import { prefetchTiles } from '../../../src/prefetch/prefetch-tiles';
import { mapVitals } from '../../../src/vitals/map-vitals';
import { sourceOf } from '../../../src/react/source';
import { showCoverage } from '../../../src/regions/coverage-overlay';
import { remove } from '../../../src/removal/remove';
import { showTileInspector } from '../../../src/tile-inspector';

/** A map, layer or binding that throws on any access. */
const untouched = new Proxy(
  {},
  {
    get(_, name) {
      throw new Error(`touched: ${String(name)}`);
    },
  },
) as never;
const client = { on: () => () => {}, version: () => undefined } as never;

type Bind = (client: never, options: object) => unknown;
const bindings: Record<string, Bind> = {
  bindTileLayer: (client, options) => bindTileLayer(untouched, client, options),
  bindImageOverlay: (client, options) => bindImageOverlay(untouched, client, options),
  bindSource: (client, options) => bindSource(untouched, 'roads', client, options),
  bindImageSource: (client, options) => bindImageSource(untouched, 'roads', client, options),
  bindLayer: (client, options) => bindLayer(untouched, client, options),
  bindImageLayer: (client, options) => bindImageLayer(untouched, client, options),
};

describe.each(Object.entries(bindings))('%s', (_, bind) => {
  it('refuses a misspelt option, and suggests the right name', () => {
    expect(() => bind(client, { singal: AbortSignal.abort() })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', field: 'singal', remedy: 'Did you mean signal?' }),
    );
  });

  it('refuses a client that was not awaited, and a missing one', () => {
    for (const wrong of [Promise.resolve(client), undefined])
      expect(() => bind(wrong as never, {})).toThrow(
        expect.objectContaining({
          code: 'INVALID_OPTION',
          field: 'client',
          remedy: expect.stringContaining('await') as string,
        }),
      );
  });

  it('treats an undefined option as absent', () => {
    expect(() => bind(client, { singal: undefined })).not.toThrow('singal');
  });
});

it.each<[string, string, (options: object) => unknown]>([
  ['showTileAges', 'step', (options) => showTileAges(untouched, options)],
  ['versionedRequests', 'layer', (options) => versionedRequests(untouched, options)],
  ['prefetchTiles', 'maxTile', (options) => prefetchTiles(untouched, options)],
  ['mapVitals', 'rums', (options) => mapVitals(untouched, options)],
  ['showCoverage', 'text', (options) => showCoverage(untouched, untouched, options)],
  ['showTileInspector', 'binding', (options) => showTileInspector(untouched, options)],
])('%s refuses the option %s', (_, name, make) => {
  expect(() => make({ [name]: 1 })).toThrow(
    expect.objectContaining({
      code: 'INVALID_OPTION',
      field: name,
      remedy: `Did you mean ${name === 'rums' ? 'rum' : `${name}s`}?`,
    }),
  );
});

it('removeTileCache refuses a misspelt option, which would remove the wrong worker', async () => {
  await expect(remove({ keepworker: true } as object, {} as never)).rejects.toMatchObject({
    ...{ code: 'INVALID_OPTION', field: 'keepworker', remedy: 'Did you mean keepWorker?' },
  });
});

describe('useTileCache and its provider', () => {
  it('refuse an option next to a client, which has its own', () => {
    for (const field of ['ageIntervall', 'serviceWorker'])
      expect(() => sourceOf({ client: untouched, [field]: 1 })).toThrow(
        expect.objectContaining({ code: 'INVALID_OPTION', field }),
      );
  });

  it('refuse a provider without options', () => {
    expect(() => sourceOf(undefined as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', field: 'options' }),
    );
  });
});

it.each([bindLayer, bindImageLayer])('%o refuses a source or a map in place of a layer', (bind) => {
  const source = { getUrls: () => ['/tiles/roads/{z}/{x}/{y}.png'] };
  expect(() => bind(source as never, client)).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION', field: 'layer' }),
  );
});
