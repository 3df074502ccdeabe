import type { Page } from '@playwright/test';
import { bundle } from '../server/bundle';
import { POINTS, census, record } from './film';
import { expect, test } from './map-page';
import { MAPS } from './worker-page';

/** Moves each library's map to a place for which no tile of the first view can stand in. */
const GO = {
  leaflet: 'map.setView([place, place * 2], 6, { animate: false })',
  openlayers: 'map.getView().setCenter(fromLonLat([place * 2, place])); map.getView().setZoom(6)',
  maplibre: 'map.jumpTo({ center: [place * 2, place], zoom: 6 })',
};

const program = (name: keyof typeof MAPS) => {
  // Do not fade tiles in: the library counts a tile as drawn from the first frame of the fade, and `seen` counts it as
  // blank until the last.
  const map = MAPS[name]
    .replace('zoom: 4 })', 'zoom: 4, fadeAnimation: false })')
    .replace('new MVT() }', 'new MVT(), transition: 0 }');
  const imports = map.match(/^\s*import .*$/gm)!.join('\n');
  return `${imports}
    import { createTileCacheClient } from 'sw-tile-cache';
    import { mapVitals } from 'sw-tile-cache/vitals';
    (async () => {
      const batches = (window.batches = []);
      const rum = { send: (batch) => batches.push(batch) > 0, interval: 1 };
      const client = (window.client = await createTileCacheClient({ serviceWorker: '/sw.js', rum }));
      ${map.replace(/^\s*import .*$/gm, '')}
      const metrics = (window.metrics = []);
      const vitals = mapVitals(window.binding);
      for (const on of ['onFullView', 'onBlank', 'onViewAge', 'onSwap'])
        vitals[on]((metric) => metrics.push({ ...metric, at: performance.timeOrigin + performance.now() }));
      window.go = (place) => {
        metrics.length = 0;
        ${GO[name]};
        return performance.timeOrigin + performance.now();
      };
    })();`;
};

interface Measured {
  name: string;
  value: number;
  cause?: string;
  tiles?: number;
  layer: string;
}

interface VitalsWindow {
  metrics: Measured[];
  batches: Array<{ views?: Measured[] }>;
  go(place: number): number;
  client: { invalidate(what: object): Promise<unknown> };
}

const metric = (page: Page, name: string, cause?: string) =>
  page
    .waitForFunction(
      ([of, why]) =>
        (window as never as VitalsWindow).metrics?.find(
          ({ name: one, cause: is }) => one === of && (!why || is === why),
        ),
      [name, cause] as const,
    )
    .then((handle) => handle.jsonValue() as Promise<Measured>);

for (const name of ['leaflet', 'openlayers', 'maplibre'] as const) {
  test(`${name}: the page's measurements of a view agree with a recording of it, and beacons contain them`, async ({
    origin,
    page,
  }) => {
    await page.setViewportSize({ width: 1000, height: 700 });
    origin.serve(
      '/sw.js',
      await bundle(`import { createTileCache } from 'sw-tile-cache/sw';
        createTileCache({ layers: { roads: { maxAge: 3600, override: true } } }).register({ skipWaiting: true, claim: true });`),
      'text/javascript',
    );
    const css = ['leaflet/dist/leaflet.css', 'ol/ol.css', 'maplibre-gl/dist/maplibre-gl.css'];
    await origin.page('/map', program(name), css.map((at) => `<link rel="stylesheet" href="/lib/${at}">`).join(''));
    await page.goto(`${origin.url}/map`);
    await metric(page, 'full-view');
    // Reload, because nothing reports the age of tiles that arrived before the worker did.
    await page.reload();
    const first = await metric(page, 'full-view');
    expect(first).toMatchObject({ layer: 'roads' });
    expect(await metric(page, 'view-age')).toMatchObject({ tiles: first.tiles });

    // The recording has a frame every 70 to 100 ms, and fewer on a busy machine. So judge by the closest of some views.
    const views: Array<{ error: number; blank: number; filmed: number; full: Measured }> = [];
    for (const place of [40, 30, 20, 10, -10, -20, -30, -40]) {
      const release = origin.hold();
      const asked = origin.requests.length;
      const film = await record(page);
      const start = await page.evaluate((at) => (window as never as VitalsWindow).go(at), place);
      await expect.poll(() => origin.requests.length).toBeGreaterThan(asked);
      await page.waitForTimeout(300);
      release();
      const full = await metric(page, 'full-view', 'move');
      const frames = (await film.stop()).filter(({ shownAt }) => shownAt > start).sort((a, b) => a.shownAt - b.shownAt);
      const blank = await metric(page, 'blank', 'move');
      // The first frames may still show the previous place.
      const gaps = frames.map((frame) => census(frame, POINTS).blank / POINTS.length);
      const empty = gaps.map((gap) => gap > 0);
      const whole = empty.indexOf(false, empty.indexOf(true));
      if (whole < 1) continue;
      const [before, after] = [frames[whole - 1]!.shownAt - start, frames[whole]!.shownAt - start];
      const error = Math.max(0, before - full.value, full.value - after);
      // Tile-seconds: for each frame, the blank share of the picture × the frame's duration × the number of tiles.
      const shown = frames.slice(0, whole).map(({ shownAt }, i) => gaps[i]! * (frames[i + 1]!.shownAt - shownAt));
      const filmed = (shown.reduce((sum, time) => sum + time, 0) / 1000) * full.tiles!;
      views.push({ error, blank: blank.value, filmed, full });
      if (error <= 50) break;
    }
    expect(views.length).toBeGreaterThan(0);
    const { error, blank, filmed, full } = views.sort((a, b) => a.error - b.error)[0]!;
    expect(error).toBeLessThanOrEqual(50);
    // A point samples only part of a tile, so allow a wide margin.
    expect(blank).toBeGreaterThan(filmed * 0.4);
    expect(blank).toBeLessThan((full.value / 1000 + 0.1) * full.tiles!);

    origin.version = 2;
    await page.evaluate(() => (window as never as VitalsWindow).client.invalidate({ layer: 'roads' }));
    expect((await metric(page, 'swap')).value).toBeGreaterThan(0);
    await expect
      .poll(() =>
        page.evaluate(() => [
          ...new Set(
            (window as never as VitalsWindow).batches.flatMap(({ views = [] }) => views.map((view) => view.name)),
          ),
        ]),
      )
      .toEqual(expect.arrayContaining(['full-view', 'blank', 'view-age', 'swap']));
  });
}
