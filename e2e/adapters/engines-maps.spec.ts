// The three map libraries side by side on one page, in every engine: first visit, reload, without an origin, after a
// publication.
import { hasDisplays } from '../fixtures/display';
import { expect, test } from '../fixtures/engine';
import { bundle } from '../server/bundle';
import { startMapOrigin } from './origin';

const WORKER = `
  import { createTileCache } from 'sw-tile-cache/sw';
  createTileCache({ layers: { roads: { maxAge: 3600, staleIfError: 86400, override: true } } })
    .register({ skipWaiting: true, claim: true });`;

const PROGRAM = `
  import * as L from 'leaflet';
  import OLMap from 'ol/Map.js';
  import View from 'ol/View.js';
  import TileLayer from 'ol/layer/Tile.js';
  import { fromLonLat } from 'ol/proj.js';
  import XYZ from 'ol/source/XYZ.js';
  import { createTileCacheClient } from 'sw-tile-cache';
  import { bindTileLayer } from 'sw-tile-cache/leaflet';
  import { bindSource } from 'sw-tile-cache/maplibre';
  import { bindLayer } from 'sw-tile-cache/openlayers';
  const box = (name) => {
    const element = document.createElement('div');
    element.id = name;
    element.style.cssText = 'width: 240px; height: 300px; position: relative; overflow: hidden; background: none';
    document.querySelector('#map').style.display = 'flex';
    document.querySelector('#map').append(element);
    return element;
  };
  (async () => {
    const client = (window.client = await createTileCacheClient({ serviceWorker: '/sw.js' }));
    const url = location.origin + '/tiles/roads/{z}/{x}/{y}';
    const leaflet = L.tileLayer(url + '.png');
    leaflet.addTo(L.map(box('leaflet'), { center: [20, 10], zoom: 4, fadeAnimation: false, zoomControl: false }));
    const openlayers = new TileLayer({ source: new XYZ({ url: url + '.png', transition: 0 }) });
    const view = new View({ center: fromLonLat([10, 20]), zoom: 4 });
    new OLMap({ target: box('openlayers'), controls: [], layers: [openlayers], view });
    const bindings = [bindTileLayer(leaflet, client), bindLayer(openlayers, client)];
    window.bindings = bindings;
    window.maps = ['leaflet', 'openlayers'];
    // A browser without WebGL 2 has no MapLibre.
    if (document.createElement('canvas').getContext('webgl2')) {
      const library = location.origin + '/lib/maplibre-gl/dist/maplibre-gl.mjs';
      const { Map } = await import(/* @vite-ignore */ library);
      const fill = { 'fill-color': ['case', ['==', ['get', 'version'], 2], '#0000ff', '#ff0000'], 'fill-antialias': false };
      const map = new Map({ container: box('maplibre'), center: [10, 20], zoom: 4, attributionControl: false,
        canvasContextAttributes: { preserveDrawingBuffer: true },
        style: { version: 8, sources: { roads: { type: 'vector', tiles: [url + '.pbf'], maxzoom: 14 } },
          layers: [{ id: 'roads', type: 'fill', source: 'roads', 'source-layer': 'area', paint: fill }] } });
      bindings.push(bindSource(map, 'roads', client));
      window.maps.push('maplibre');
    }
    window.started = true;
  })();
  /** Counts what each map shows at nine points. */
  window.census = () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 240, height: 300 });
    const context = canvas.getContext('2d', { willReadFrequently: true });
    return window.maps.map((name) => {
      const map = document.getElementById(name);
      const at = map.getBoundingClientRect();
      context.clearRect(0, 0, 240, 300);
      for (const part of map.querySelectorAll('img.leaflet-tile, canvas')) {
        const rect = part.getBoundingClientRect();
        if (part.width && rect.width && (part.complete ?? true))
          try {
            context.drawImage(part, rect.left - at.left, rect.top - at.top, rect.width, rect.height);
          } catch {
            // A broken image draws nothing.
          }
      }
      const seen = { old: 0, new: 0, blank: 0 };
      for (const x of [20, 120, 220])
        for (const y of [20, 150, 280]) {
          const [red, , blue, alpha] = context.getImageData(x, y, 1, 1).data;
          seen[alpha < 200 ? 'blank' : red > blue ? 'old' : 'new']++;
        }
      return seen;
    });
  };
  /** Records what each frame shows until all maps show the new tiles. */
  window.film = async () => {
    const frames = [];
    const end = performance.now() + 30_000;
    do {
      await new Promise(requestAnimationFrame);
      frames.push(window.census());
    } while (frames.at(-1).some((seen) => seen.new < 9) && performance.now() < end);
    return frames;
  };
`;

interface MapsWindow {
  started?: boolean;
  maps: string[];
  census(): Array<Record<'old' | 'new' | 'blank', number>>;
  film(): Promise<Array<ReturnType<MapsWindow['census']>>>;
  client: { state: string; invalidate(what: object): Promise<unknown> };
}

test('maps of three libraries survive a reload and the loss of the origin, and change version without a blank frame', async ({
  engine,
  browserName,
}) => {
  const origin = await startMapOrigin();
  try {
    origin.serve('/sw.js', await bundle(WORKER), 'text/javascript');
    const css = ['leaflet/dist/leaflet', 'ol/ol', 'maplibre-gl/dist/maplibre-gl'];
    await origin.page('/map', PROGRAM, css.map((path) => `<link rel="stylesheet" href="/lib/${path}.css">`).join(''));
    const shown = async (what: 'old' | 'new') => {
      const looks = () =>
        engine.evaluate((_: null) => {
          const { started, census } = window as never as MapsWindow;
          return started ? census() : undefined;
        }, null);
      await expect.poll(async () => (await looks())?.every((seen) => seen[what] === 9)).toBe(true);
    };
    const controlled = () =>
      expect.poll(() => engine.evaluate((_: null) => !!navigator.serviceWorker.controller, null)).toBe(true);

    await engine.goto(`${origin.url}/map`);
    await shown('old');
    await controlled();
    const maps = await engine.evaluate((_: null) => (window as never as MapsWindow).maps, null);
    test.info().annotations.push({ type: 'maps', description: maps.join(', ') });
    if (browserName === 'chromium' || hasDisplays()) expect(maps).toContain('maplibre');

    // If the worker claimed the page late, it stores these tiles at the second visit.
    await engine.goto(`${origin.url}/map?2`);
    await shown('old');
    const stored = origin.requests.length;
    origin.fail = () => -1;
    await engine.goto(`${origin.url}/map?3`);
    await shown('old');
    expect(origin.requests.slice(stored)).toEqual([]);

    origin.fail = () => undefined;
    origin.version = 2;
    const frames = await engine.evaluate(async (_: null) => {
      const { client, film } = window as never as MapsWindow;
      const filming = film();
      await client.invalidate({ layer: 'roads' });
      return filming;
    }, null);
    expect(frames.at(-1)!.map((seen) => seen.new)).toEqual(maps.map(() => 9));
    expect(frames.flat().filter(({ blank }) => blank > 0)).toEqual([]);
  } finally {
    await engine.goto('about:blank');
    await origin.close();
  }
});

test('a service worker claims the web workers that a page started before it, except blob workers in Firefox', async ({
  engine,
  browserName,
}) => {
  const origin = await startMapOrigin();
  try {
    const program = `onmessage = async ({ data }) => postMessage(!!(await fetch(data)).headers.get('cache-status'));`;
    origin.serve('/sw.js', await bundle(WORKER), 'text/javascript');
    origin.serve('/web-worker.js', program, 'text/javascript');
    origin.serve('/page', '<!doctype html><title>A page</title>');
    await engine.goto(`${origin.url}/page`);
    const answered = await engine.evaluate(
      async ({ body, claimsBlobs }: { body: string; claimsBlobs: boolean }) => {
        const file = () => new Worker('/web-worker.js', { type: 'module' });
        const blob = () => new Worker(URL.createObjectURL(new Blob([body], { type: 'text/javascript' })));
        let asked = 0;
        const ask = (worker: Worker) =>
          new Promise<boolean>((resolve) => {
            worker.onmessage = ({ data }) => resolve(data as boolean);
            worker.postMessage(`${location.origin}/tiles/roads/5/${(asked += 1)}/1.png`);
          });
        // A web worker may get its controller a moment after its page.
        const soon = async (worker: Worker) => {
          for (let tries = 0; tries < 50; tries += 1) {
            if (await ask(worker)) return true;
            await new Promise((resolve) => setTimeout(resolve, 100));
          }
          return false;
        };
        const [early, earlyBlob] = [file(), blob()];
        const before = [await ask(early), await ask(earlyBlob)];
        const claimed = new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve));
        await navigator.serviceWorker.register('/sw.js');
        await claimed;
        return {
          before,
          file: await soon(early),
          blob: claimsBlobs && (await soon(earlyBlob)),
          startedAfter: [await ask(file()), await ask(blob())],
        };
      },
      { body: program, claimsBlobs: browserName !== 'firefox' },
    );
    expect(answered).toMatchObject({ before: [false, false], file: true, startedAfter: [true, true] });
    // Firefox never lets a service worker control workers of `blob:` URLs; docs/maplibre.md describes the remedy.
    if (browserName !== 'firefox') expect(answered.blob).toBe(true);
  } finally {
    await engine.goto('about:blank');
    await origin.close();
  }
});
