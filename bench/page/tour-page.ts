/// <reference lib="dom" />
// A map that a script moves, with and without prefetching. The benchmark calls the exported functions as `bench.…`.

import * as L from 'leaflet';
import { createTileCacheClient } from '../../src/index';
import { bindTileLayer } from '../../src/leaflet';
import { prefetchTiles } from '../../src/prefetch';
import { mapVitals } from '../../src/vitals';

/** The result of a tour. */
export interface TourResult {
  /** Tile-seconds. */
  blank: number;
  /** Milliseconds of each tile that the map requested. */
  times: number[];
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Pans 0.6 tiles per step along a curve, and sometimes zooms in and out. `dwell` is the time between steps in milliseconds.
 */
export async function tour(prefetches: boolean, steps: number, dwell: number): Promise<TourResult> {
  const client = await createTileCacheClient({ serviceWorker: '/sw.js' });
  if (!navigator.serviceWorker.controller)
    await new Promise((resolve) =>
      navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true }),
    );
  const container = document.body.appendChild(document.createElement('div'));
  container.style.cssText = 'position: relative; overflow: hidden; width: 1024px; height: 768px';
  // The rules for tiles in Leaflet's style sheet.
  document.head.appendChild(document.createElement('style')).textContent =
    '.leaflet-pane, .leaflet-tile, .leaflet-layer, .leaflet-tile-container { position: absolute; left: 0; top: 0 }';
  const map = L.map(container, { center: [53.55, 9.99], zoom: 12, fadeAnimation: false });
  const layer = L.tileLayer('/tiles/image/{z}/{x}/{y}.png').addTo(map);
  const binding = bindTileLayer(layer, client);
  const vitals = mapVitals(binding);
  const prefetch = prefetches ? prefetchTiles(binding) : undefined;

  const times: number[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const { name, initiatorType, duration } of list.getEntries() as PerformanceResourceTiming[])
      if (initiatorType === 'img' && name.includes('/tiles/')) times.push(duration);
  });
  await new Promise<void>((resolve) => void vitals.onFullView(() => resolve()));
  await sleep(2 * dwell);
  observer.observe({ type: 'resource' });
  let blank = 0;
  vitals.onBlank(({ value }) => void (blank += value));
  for (let step = 0; step < steps; step += 1) {
    if (step % 20 === 9) map.setZoom(map.getZoom() + 1);
    // Do not animate: while Leaflet animates a zoom out, the outer tiles are blank, even if they are stored.
    else if (step % 20 === 19) map.setZoom(map.getZoom() - 1, { animate: false });
    else map.panBy([153.6 * Math.cos(step / 7), 153.6 * Math.sin(step / 5)], { animate: false });
    await sleep(dwell);
  }
  prefetch?.stop();
  vitals.stop();
  observer.disconnect();
  return { blank, times };
}
