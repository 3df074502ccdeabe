import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createStub } from '../../../e2e/adapters/stub';
import { createCuts } from '../../../src/adapters/maplibre-cuts';
import { bindSource } from '../../../src/maplibre';

/** MapLibre's numeric key of a tile. */
class Canonical {
  constructor(
    readonly z: number,
    readonly x: number,
    readonly y: number,
  ) {}
  url([template]: string[]) {
    return template!.replace('{z}', `${this.z}`).replace('{x}', `${this.x}`).replace('{y}', `${this.y}`);
  }
}

const tile = (z: number, x: number, y: number, state = 'loaded') => ({
  state,
  hasData: () => state === 'loaded',
  buckets: { roads: {} },
  tileID: { wrap: 0, canonical: new Canonical(z, x, y) },
});

/** A MapLibre 6 map at zoom 16 with a source whose last zoom is 14. */
function open(tiles: Array<ReturnType<typeof tile>>) {
  const hidden = [tile(16, 17, 16), tile(16, 40, 40)].map((value) => ({ value }));
  const manager = {
    used: true,
    _inViewTiles: { getAllTiles: () => tiles },
    _outOfViewCache: {
      data: { a: hidden },
      remove: (_: unknown, entry: (typeof hidden)[0]) => void hidden.splice(hidden.indexOf(entry), 1),
    },
  };
  const refreshed: object[] = [];
  const source = {
    type: 'vector',
    tiles: ['/tiles/roads/{z}/{x}/{y}.pbf'],
    loaded: () => true,
    hasTile: () => true,
    tileSize: 512,
    minzoom: 0,
    maxzoom: 14,
    _getTileRequest: async ({ z, x, y }: Canonical) => ({ url: `/tiles/roads/${z}/${x}/${y}.pbf` }),
  };
  const map = {
    style: { tileManagers: { roads: manager } },
    _zoomLevelsToOverscale: 4,
    _requestManager: { transformRequest: (url: string) => ({ url }) },
    refreshTiles: (_: string, ids: object[]) => refreshed.push(...ids),
    on: () => map,
    off: () => map,
    getSource: () => source,
    getContainer: () => ({}),
    getPixelRatio: () => 1,
    getRenderWorldCopies: () => true,
    setRenderWorldCopies() {},
    getZoom: () => 16,
    getMaxZoom: () => 22,
    getBounds: () => ({ getWest: () => 0, getSouth: () => 0, getEast: () => 1, getNorth: () => 1 }),
    coveringTiles: ({ maxzoom }: { maxzoom: number }) =>
      maxzoom < 16 ? [] : [16, 17].map((x) => ({ wrap: 0, canonical: new Canonical(16, x, 16) })),
  };
  const client = createStub();
  return { map, source, client, refreshed, hidden, binding: bindSource(map as never, 'roads', client as never) };
}

/** The origin's tile from which the map's tiles are cut. */
const WHOLE = { z: 14, x: 4, y: 4 };

describe('beyond a vector source’s last zoom', () => {
  let fetched: string[];
  beforeEach(() => {
    vi.useFakeTimers();
    fetched = [];
    vi.stubGlobal('requestAnimationFrame', (run: () => void) => setTimeout(run, 16));
    vi.stubGlobal('cancelAnimationFrame', clearTimeout);
    vi.stubGlobal('addEventListener', () => {});
    vi.stubGlobal('removeEventListener', () => {});
    vi.stubGlobal('document', { visibilityState: 'visible', addEventListener() {}, removeEventListener() {} });
    vi.stubGlobal('navigator', {});
    vi.stubGlobal('fetch', async (url: string) => {
      fetched.push(url);
      return new Response('a tile');
    });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('the origin’s tile is requested, and all of its cuts are refreshed', async () => {
    const { client, refreshed, hidden, binding } = open([tile(16, 16, 16), tile(16, 17, 16), tile(16, 20, 16)]);
    expect(binding.tiles()).toEqual([WHOLE, { ...WHOLE, x: 5 }]);
    client.emit('tilesupdated', { layer: 'roads', tiles: [WHOLE] });
    await vi.advanceTimersByTimeAsync(100);
    expect(fetched).toEqual(['/tiles/roads/14/4/4.pbf']);
    expect(refreshed).toMatchObject([
      { z: 16, x: 16, y: 16 },
      { z: 16, x: 17, y: 16 },
    ]);
    expect(hidden).toHaveLength(1);
    binding.unbind();
  });

  it('the view needs the origin’s tile, which counts as drawn once all of its cuts in view are', () => {
    const coverOf = (...tiles: Array<ReturnType<typeof tile>>) => {
      const { wanted, drawn } = open(tiles).binding.cover()!;
      expect(wanted).toEqual([WHOLE]);
      return drawn;
    };
    expect(coverOf(tile(16, 16, 16), tile(16, 17, 16))).toEqual([WHOLE]);
    expect(coverOf(tile(16, 16, 16), tile(16, 17, 16, 'loading'))).toEqual([]);
    // While the cuts load, larger cuts or a tile of a lower zoom replace them.
    expect(coverOf(tile(15, 8, 8))).toEqual([WHOLE]);
    expect(coverOf(tile(13, 2, 2))).toEqual([{ z: 13, x: 2, y: 2 }]);
  });

  it('a failed cut is a failed tile of the origin', async () => {
    const { binding } = open([tile(16, 16, 16, 'errored')]);
    await vi.advanceTimersByTimeAsync(2000);
    expect(fetched).toEqual(['/tiles/roads/14/4/4.pbf']);
    binding.unbind();
  });

  it('MapLibre cuts again after each change, and behaves as before once unbound', async () => {
    const { client, source, binding } = open([tile(16, 16, 16)]);
    const { _getTileRequest: own } = source;
    const url = async () => (await source._getTileRequest(new Canonical(14, 4, 4))).url;
    const urls = [await url()];
    for (let change = 0; change < 2; change++) {
      client.emit('tilesupdated', { layer: 'roads', tiles: [WHOLE] });
      await vi.advanceTimersByTimeAsync(100);
      urls.push(await url());
    }
    expect(new Set(urls).size).toBe(3);
    expect(urls.map((one) => one.split('#')[0])).toEqual(Array(3).fill('/tiles/roads/14/4/4.pbf'));
    binding.unbind();
    expect(await source._getTileRequest(new Canonical(14, 4, 4))).toEqual(await own(new Canonical(14, 4, 4)));
  });

  it('a URL of another scheme stays unchanged', async () => {
    const source = { _getTileRequest: async () => ({ url: 'pmtiles://roads/14/4/4' }) };
    createCuts().renew(source);
    expect(await source._getTileRequest()).toEqual({ url: 'pmtiles://roads/14/4/4' });
  });
});

describe('MapLibre’s own code', () => {
  afterEach(() => vi.unstubAllGlobals());
  type Class = new (...parts: unknown[]) => Record<string, unknown>;
  const library = async (path: string, name: string): Promise<Class> =>
    (await import(new URL(`../../../node_modules/maplibre-gl/src/${path}.ts`, import.meta.url).href))[name];

  it('cuts again for another fragment, and otherwise reuses its cuts', async () => {
    vi.stubGlobal('self', globalThis);
    vi.stubGlobal('window', globalThis);
    vi.stubGlobal('location', { href: 'https://map.example/', protocol: 'https:' });
    const VectorTileSource = await library('source/vector_tile_source', 'VectorTileSource');
    const VectorTileWorkerSource = await library('source/vector_tile_worker_source', 'VectorTileWorkerSource');
    const OverscaledTileID = await library('tile/tile_id', 'OverscaledTileID');
    const source = new VectorTileSource('roads', {}, {}, null);
    source['tiles'] = ['https://map.example/{z}/{x}/{y}'];
    source['map'] = {
      _requestManager: { transformRequest: (url: string) => ({ url }) },
      getPixelRatio: () => 1,
      style: { projection: { worldCoordinateHelper: {} } },
    };
    const parsed: unknown[] = [];
    const worker = Object.assign(new VectorTileWorkerSource({}, { familiesBySource: {} }, []), {
      _parseWorkerTile: ({ vectorTile }: { vectorTile: { layers: object } }) =>
        parsed.push(Object.keys(vectorTile.layers)),
    }) as unknown as { loadTile(params: object): Promise<unknown> };
    const { canonical } = new OverscaledTileID(14, 0, 14, 4, 4);
    let published = 'a';
    vi.stubGlobal('fetch', async () => new Response(vectorTile(published)));
    const load = async () =>
      worker.loadTile({
        uid: 1,
        tileID: new OverscaledTileID(16, 0, 16, 16, 16),
        request: {},
        overzoomParameters: {
          maxZoomTileID: canonical,
          overzoomRequest: await (source['_getTileRequest'] as (tile: unknown) => Promise<unknown>)(canonical),
        },
      });
    const cuts = createCuts();
    await load();
    published = 'b';
    await load();
    cuts.renew(source);
    await load();
    expect(parsed).toEqual([['a'], ['a'], ['b']]);
  });
});

/** Returns a vector tile with one layer that covers it. `name` is one letter. */
function vectorTile(name: string): Uint8Array<ArrayBuffer> {
  const ring = [9, 0, 0, 26, 128, 64, 0, 0, 128, 64, 127, 15];
  const feature = [0x12, ring.length + 4, 0x18, 3, 0x22, ring.length, ...ring];
  const layer = [0x0a, 1, name.charCodeAt(0), ...feature, 0x28, 128, 32, 0x78, 2];
  return Uint8Array.from([0x1a, layer.length, ...layer]);
}
