// @vitest-environment happy-dom
import OLMap from 'ol/Map.js';
import View from 'ol/View.js';
import TileLayer from 'ol/layer/Tile.js';
import { clearUserProjection, fromLonLat, useGeographic } from 'ol/proj.js';
import XYZ from 'ol/source/XYZ.js';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createStub } from '../../../e2e/adapters/stub';
import { changedLayers } from '../../../src/adapters/changed-layers';
import { bindLayer } from '../../../src/openlayers';

/** OpenLayers checks for `decode` at its import. */
const images = vi.hoisted(() => {
  const { prototype } = HTMLImageElement;
  const src = Object.getOwnPropertyDescriptor(prototype, 'src')!;
  prototype.decode = async () => {};
  Object.defineProperties(prototype, {
    naturalWidth: { configurable: true, get: () => 256 },
    naturalHeight: { configurable: true, get: () => 256 },
    src: {
      ...src,
      set(this: HTMLImageElement, url: string) {
        src.set!.call(this, url);
        queueMicrotask(() => this.dispatchEvent(new Event('load')));
      },
    },
  });
  return { restore: () => void Object.defineProperty(prototype, 'src', src) };
});

let fetched: string[] = [];
/** Requests that wait for their answers. */
let waiting: Array<() => void> = [];

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'requestAnimationFrame', 'cancelAnimationFrame', 'performance'],
  });
  fetched = [];
  waiting = [];
  vi.stubGlobal('fetch', async (url: string) => {
    fetched.push(url);
    await new Promise<void>((resolve) => waiting.push(resolve));
    return new Response('an image');
  });
  let blobs = 0;
  vi.spyOn(URL, 'createObjectURL').mockImplementation(() => `blob:image-${++blobs}`);
  vi.spyOn(URL, 'revokeObjectURL').mockImplementation(() => {});
  // A context that accepts every call and draws nothing.
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockImplementation(function (this: HTMLCanvasElement) {
    return new Proxy({ canvas: this } as never, { get: (of, name) => of[name] ?? (() => ({})), set: () => true });
  });
});

afterEach(() => {
  changedLayers().clear();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  clearUserProjection();
});
afterAll(() => images.restore());

/** A map that has drawn nine tiles. */
async function open(options: object, isGeographic = false) {
  if (isGeographic) useGeographic();
  const source = new XYZ({ url: '/tiles/roads/{z}/{x}/{y}.png', transition: 0 });
  const layer = new TileLayer({ source });
  const target = document.createElement('div');
  const view = new View({ center: isGeographic ? [10, 53.5] : fromLonLat([10, 53.5]), zoom: 6 });
  const map = new OLMap({ layers: [layer], controls: [], interactions: [], view, pixelRatio: 1 });
  const attach = () => {
    map.setTarget(target);
    map.setSize([512, 512]);
  };
  const draw = async () => {
    for (let i = 0; i < 4; i++) {
      for (const answer of waiting.splice(0)) answer();
      if (map.getTargetElement()) map.renderSync();
      await vi.advanceTimersByTimeAsync(50);
    }
  };
  attach();
  await draw();
  const client = createStub();
  const binding = bindLayer(layer as never, client as never, options);
  expect(binding.tiles()).toHaveLength(9);
  return {
    ...{ map, layer, view, attach, draw, binding },
    async publish() {
      client.emit('versionchange', { layer: 'roads', version: '2', previous: '1' });
      await vi.advanceTimersByTimeAsync(20);
    },
    /** Returns how many of the tiles that the renderer has are old. */
    old() {
      const cache = (layer.getRenderer() as never as { getTileCache(): Map<string, never> & Cache }).getTileCache();
      return cache.getKeys().filter((key) => !cache.peek(key).getImage().src.startsWith('blob:')).length;
    },
  };
}
interface Cache {
  getKeys(): string[];
  peek(key: string): { getImage(): HTMLImageElement };
}
type Opened = Awaited<ReturnType<typeof open>>;

const during: Array<[string, (opened: Opened) => unknown]> = [
  ['nothing happens', () => {}],
  ['the layer is switched off', ({ layer }) => layer.setVisible(false)],
  ['the layer leaves the map', ({ map, layer }) => map.removeLayer(layer)],
  ['the layer comes back', ({ map, layer }) => (map.removeLayer(layer), map.addLayer(layer))],
  ['the map loses its element', ({ map }) => map.setTarget(undefined)],
  ['the map turns', ({ view }) => view.setRotation(1)],
  ['the map gets another view', ({ map }) => map.setView(new View({ center: fromLonLat([40, 10]), zoom: 5 }))],
  ['the source is refreshed', ({ layer }) => layer.getSource()!.refresh()],
];

describe.each(['tile', 'view'])('on a real OpenLayers map, swap: %s', (swap) => {
  it.each(during)('no old tile stays if %s while new ones load', async (_, act) => {
    const opened = await open({ swap });
    await opened.publish();
    expect(fetched).toHaveLength(9);
    act(opened);
    await opened.draw();
    expect([opened.old(), opened.binding.updating]).toEqual([0, false]);
    opened.binding.unbind();
  });

  it('tiles are swapped in place in the user’s projection', async () => {
    const { publish, draw, old, binding } = await open({ swap }, true);
    await publish();
    expect([fetched.length, binding.tiles().length, old()]).toEqual([9, 9, 9]);
    await draw();
    expect([fetched.length, binding.tiles().length, old()]).toEqual([9, 9, 0]);
    binding.unbind();
  });

  it.each<[string, (opened: Opened) => void, (opened: Opened) => void]>([
    ['was on no map', ({ map, layer }) => map.removeLayer(layer), ({ map, layer }) => map.addLayer(layer)],
    ['was on a map without an element', ({ map }) => map.setTarget(undefined), ({ attach }) => attach()],
    ['was switched off', ({ layer }) => layer.setVisible(false), ({ layer }) => layer.setVisible(true)],
  ])('no old tile returns with a layer that %s during the change', async (_, away, back) => {
    const opened = await open({ swap });
    away(opened);
    await opened.publish();
    expect(fetched).toHaveLength(0);
    back(opened);
    await opened.draw();
    expect([opened.old(), opened.binding.tiles().length]).toEqual([0, 9]);
    opened.binding.unbind();
  });
});
