// @vitest-environment happy-dom
import * as L from 'leaflet';
import View from 'ol/View.js';
import { fromLonLat } from 'ol/proj.js';
import ImageWMS from 'ol/source/ImageWMS.js';
import Static from 'ol/source/ImageStatic.js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bindImageOverlay } from '../../../src/adapters/leaflet-overlay';
import { bindImageSource } from '../../../src/adapters/maplibre-image';
import { bindImageLayer } from '../../../src/adapters/openlayers-image';
import { createStub } from '../../../e2e/adapters/stub';
import { changedLayers } from '../../../src/adapters/changed-layers';

const NEW = { layer: 'radar', version: '2', previous: '1' };
const purge = (range: object) => ({ layer: 'radar', buffer: 0, mode: 'stale', ...range });

/** The fetched URLs, and the function that answers them. */
let fetched: string[] = [];
let answer: (url: string) => Response = () => new Response('an image');

const turn = async () => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
  await vi.advanceTimersByTimeAsync(100);
};

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'requestAnimationFrame', 'cancelAnimationFrame', 'performance'],
  });
  fetched = [];
  answer = () => new Response('an image');
  vi.stubGlobal('fetch', async (url: string) => {
    fetched.push(url);
    return answer(url);
  });
  vi.stubGlobal('createImageBitmap', async () => ({ width: 9, height: 9, close() {} }));
  let blobs = 0;
  vi.spyOn(URL, 'createObjectURL').mockImplementation(() => `blob:image-${++blobs}`);
  vi.spyOn(URL, 'revokeObjectURL').mockImplementation(() => {});
  HTMLImageElement.prototype.decode = async () => {};
});

afterEach(() => {
  changedLayers().clear();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('Leaflet', () => {
  const open = () => {
    const map = L.map(document.createElement('div'), { zoomAnimation: false }).setView([0, 0], 3);
    const overlay = L.imageOverlay('/radar.png', [
      [-10, -10],
      [10, 10],
    ]).addTo(map);
    const client = createStub();
    const binding = bindImageOverlay(overlay, client as never, { layer: 'radar' });
    const element = overlay.getElement()!;
    Object.defineProperty(element, 'complete', { value: true, configurable: true });
    Object.defineProperty(element, 'naturalWidth', { value: 9, configurable: true, writable: true });
    return { map, overlay, client, binding, element };
  };

  it('requests the image after a change, but not after a purge of a box or of zooms', async () => {
    const { client, binding, element } = open();
    client.emit('invalidated', purge({ bbox: [-180, -80, 180, 80] }));
    client.emit('invalidated', purge({ zooms: [0, 20] }));
    client.emit('versionchange', { ...NEW, layer: 'other' });
    await turn();
    expect(fetched).toEqual([]);
    client.emit('versionchange', NEW);
    await turn();
    expect(fetched).toEqual(['/radar.png']);
    expect(element.getAttribute('src')).toMatch(/^blob:/);
    expect(binding.updating).toBe(false);
    client.emit('invalidated', purge({}));
    await turn();
    expect(fetched).toHaveLength(2);
  });

  it('does not show an answer of the replaced version', async () => {
    const { client, element } = open();
    answer = () => new Response('old', { headers: { 'x-tile-version': '1' } });
    client.emit('versionchange', NEW);
    await turn();
    expect(element.getAttribute('src')).toBe('/radar.png');
    answer = () => new Response('new', { headers: { 'x-tile-version': '2' } });
    await vi.advanceTimersByTimeAsync(20_000);
    await turn();
    expect(element.getAttribute('src')).toMatch(/^blob:/);
  });

  it('requests the image when added if it changed in the meantime', async () => {
    const { map, overlay, client } = open();
    overlay.remove();
    client.emit('invalidated', purge({ bbox: [0, 0, 1, 1] }));
    await turn();
    overlay.addTo(map);
    await turn();
    expect(fetched).toEqual([]);
    overlay.remove();
    client.emit('versionchange', NEW);
    await turn();
    expect(fetched).toEqual([]);
    overlay.addTo(map);
    await turn();
    expect(fetched).toEqual(['/radar.png']);
  });

  it('bypasses the browser’s memory for a URL that the page sets after any change', async () => {
    const { overlay, client, element } = open();
    overlay.setUrl('/radar-1.png');
    expect(element.getAttribute('src')).toBe('/radar-1.png');
    client.emit('versionchange', NEW);
    await turn();
    overlay.setUrl('/radar.png');
    await turn();
    expect(fetched).toEqual(['/radar-1.png', '/radar.png']);
    expect(element.getAttribute('src')).toMatch(/^blob:/);
  });

  it('a late retry does not replace an image that the page has set meanwhile', async () => {
    const { overlay, element } = open();
    let come: (response: Response) => void = () => {};
    vi.stubGlobal('fetch', (url: string) => {
      fetched.push(url);
      return new Promise<Response>((resolve) => (come = resolve));
    });
    Object.assign(element, { naturalWidth: 0 });
    overlay.fire('error');
    await vi.advanceTimersByTimeAsync(20_000);
    expect(fetched).toEqual(['/radar.png']);
    overlay.setUrl('/other.png');
    Object.assign(element, { naturalWidth: 9 });
    come(new Response('an image'));
    await turn();
    expect(element.getAttribute('src')).toBe('/other.png');
    expect(URL.revokeObjectURL).toHaveBeenCalledOnce();
  });

  it('leaves no listener or timer', () => {
    const { overlay, client, binding } = open();
    binding.unbind();
    expect(client.listenerCount()).toBe(0);
    expect(Object.hasOwn(overlay, 'setUrl')).toBe(false);
  });
});

describe('OpenLayers', () => {
  const view = new View({ center: fromLonLat([10, 20]), zoom: 4 });
  const open = (source: ImageWMS | Static) => {
    const map = { getView: () => view, getPixelRatio: () => 1 };
    const drawn: string[] = [];
    const layer = {
      getSource: () => source,
      getMapInternal: () => map,
      on() {},
      un() {},
      changed: () => drawn.push(''),
    };
    const client = createStub();
    const binding = bindImageLayer(layer as never, client as never, { layer: 'radar' });
    const asked = () =>
      source.getImage([0, 0, 4e6, 4e6], 10_000, 1, view.getProjection()) as unknown as {
        load(): void;
        getState(): number;
        getImage(): HTMLImageElement;
      };
    return { client, binding, asked, drawn };
  };
  const wms = () =>
    new ImageWMS({
      url: '/wms',
      params: { LAYERS: 'a' },
      imageLoadFunction: (image, src) => void ((image.getImage() as HTMLImageElement).src = src),
    });

  it('a WMS image is requested again for its own extent, and the source keeps the old image until the new one arrives', async () => {
    const { client, asked, binding, drawn } = open(wms());
    const first = asked();
    first.load();
    await turn();
    expect(first.getState()).toBe(2);
    client.emit('invalidated', purge({ bbox: [120, -40, 130, -30] }));
    await turn();
    expect(fetched).toEqual([]);
    client.emit('invalidated', purge({ bbox: [10, 10, 11, 11] }));
    await turn();
    expect(fetched).toHaveLength(1);
    expect(fetched[0]).toMatch(/^\/wms\?.*BBOX=/);
    expect(asked()).toBe(first);
    expect(drawn).toHaveLength(0);
    binding.unbind();
    expect(client.listenerCount()).toBe(0);
  });

  it('one image: only a change of the whole layer affects it', async () => {
    const { client, asked } = open(new Static({ url: '/radar.png', imageExtent: [0, 0, 4e6, 4e6] }));
    asked().load();
    await turn();
    client.emit('invalidated', purge({ bbox: [-180, -80, 180, 80] }));
    await turn();
    expect(fetched).toEqual([]);
    client.emit('versionchange', NEW);
    await turn();
    expect(fetched).toEqual(['/radar.png']);
  });

  it('refuses a layer of tiles with a reason', () => {
    const layer = { getSource: () => ({}), getMapInternal: () => null };
    expect(() => bindImageLayer(layer as never, createStub() as never, { layer: 'radar' })).toThrow(/source of images/);
  });
});

describe('MapLibre', () => {
  const open = (options = {}) => {
    const listeners = new Map<string, Set<(event: object) => void>>();
    const updates: object[] = [];
    const source = {
      type: 'image',
      url: '/radar.png',
      image: {} as unknown,
      loaded: () => true,
      updateImage(given: { url?: string }) {
        updates.push(given);
        if (given.url) source.url = given.url;
      },
    };
    const sources: { radar?: typeof source } = { radar: source };
    const map = {
      getSource: () => sources.radar,
      on: (event: string, run: (event: object) => void) => (
        listeners.set(event, (listeners.get(event) ?? new Set()).add(run)),
        map
      ),
      off: (event: string, run: (event: object) => void) => (listeners.get(event)?.delete(run), map),
      _requestManager: { transformRequest: (url: string) => ({ url }) },
    };
    const emit = (event: string, detail: object) => listeners.get(event)?.forEach((run) => run(detail));
    const client = createStub();
    const binding = bindImageSource(map as never, 'radar', client as never, options);
    return { client, binding, updates, sources, source, emit };
  };

  it('gets its URL again only after the new bytes have arrived', async () => {
    const { client, updates, source } = open();
    answer = () => new Response('', { status: 503 });
    client.emit('versionchange', NEW);
    await turn();
    expect(fetched).toEqual(['/radar.png']);
    expect(updates).toEqual([]);
    answer = () => new Response('new');
    await vi.advanceTimersByTimeAsync(20_000);
    await turn();
    expect(updates).toEqual([{ url: '/radar.png' }]);
    expect(source.url).toBe('/radar.png');
  });

  it('handles a removed source, and one added later with the URL of another version', async () => {
    const { client, updates, sources, source, emit } = open({ url: (version: string) => `/${version}/radar.png` });
    delete sources.radar;
    client.emit('versionchange', NEW);
    await turn();
    expect(fetched).toEqual([]);
    sources.radar = source;
    emit('sourcedata', { sourceId: 'radar', sourceDataType: 'metadata' });
    await turn();
    expect(updates).toEqual([{ url: '/2/radar.png' }]);
    emit('sourcedata', { sourceId: 'radar', sourceDataType: 'metadata' });
    await turn();
    expect(updates).toHaveLength(1);
  });

  it('does not give MapLibre a body that is no image', async () => {
    vi.stubGlobal('createImageBitmap', () => Promise.reject(new Error('no image')));
    const { client, updates, binding } = open();
    client.emit('versionchange', NEW);
    await turn();
    expect(updates).toEqual([]);
    expect(binding.updating).toBe(true);
    binding.unbind();
    expect(client.listenerCount()).toBe(0);
  });
});
